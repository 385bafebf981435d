#include "crypto/crypto.h"
#include "protocol/kinds/kinds.h"
#include "unit/protocol/kinds/unit.h"

#include <stdio.h>
#include <zstd.h>

static void test_dictionaries_are_the_ones_of_format_1(void **state)
{
    (void)state;
    char line[256];
    unsigned rows = 0;
    FILE *file = fopen(MUSTER_SOURCE_DIR "/tests/unit/protocol/kinds/dictionaries.txt", "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        unsigned id;
        size_t size;
        char name[32], want[65], got[65], path[512];
        struct bytes dictionary;
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%u %31s %zu %64s", &id, name, &size, want), 4);
        print_message("dictionary %u is that of %s\n", id, name);
        assert_true(kind_dictionary((uint8_t)id, &dictionary));
        assert_int_equal(dictionary.len, size);
        assert_true(size <= 8192);
        assert_int_equal(kind_dictionary_id(kind_by_name(name)->number), id);
        struct hash hash = crypto_hash1("muster/1/dictionary", dictionary.at, dictionary.len);
        assert_string_equal(hex_from(got, hash.b, sizeof(hash.b)), want);

        static uint8_t bytes[8193]; /* what is compiled in is what is in the file */
        snprintf(path, sizeof(path), "%s/protocol/kinds/dict/%s.zdict", MUSTER_SOURCE_DIR, name);
        FILE *binary = fopen(path, "rb");
        assert_non_null(binary);
        assert_int_equal(fread(bytes, 1, sizeof(bytes), binary), size);
        fclose(binary);
        assert_memory_equal(bytes, dictionary.at, size);
        rows++;
    }
    fclose(file);
    assert_int_equal(rows, 3);
}

static void test_ids(void **state)
{
    (void)state;
    struct bytes dictionary = {NULL, 7};
    assert_true(kind_dictionary(0, &dictionary));
    assert_int_equal(dictionary.len, 0);
    assert_false(kind_dictionary(4, &dictionary));
    assert_false(kind_dictionary(255, &dictionary));
    assert_int_equal(kind_dictionary_id(KIND_SITREP), 0);
    assert_int_equal(kind_dictionary_id(0xffff), 0);
}

static size_t text_field(const struct kind *kind, struct writer *w, const char *name, const char *text)
{
    const struct field *f = field_by_name(kind, name);
    assert_non_null(f);
    pack_uint(w, f->number);
    assert_int_equal(field_pack(f, text, strlen(text), w, NULL), MUSTER_OK);
    return 1;
}

/* An incident that was in no sample comes back the same, and takes less than two thirds of what it takes
 * without the dictionary. */
static void test_a_dictionary_helps_a_short_body(void **state)
{
    (void)state;
    uint8_t body[1024], alone[1024], small[1024], back[1024];
    struct writer w = writer_over(body, sizeof(body));
    struct bytes dictionary;
    pack_map(&w, 10);
    size_t fields = text_field(&kind_incident, &w, "name", "泸州市江阳区暴雨");
    fields += text_field(&kind_incident, &w, "phase", "warned");
    fields += text_field(&kind_incident, &w, "category", "Met");
    fields += text_field(&kind_incident, &w, "event", "暴雨");
    fields += text_field(&kind_incident, &w, "event_class", "自然灾害");
    fields += text_field(&kind_incident, &w, "severity", "Severe");
    fields += text_field(&kind_incident, &w, "urgency", "Expected");
    fields += text_field(&kind_incident, &w, "certainty", "Likely");
    fields += text_field(&kind_incident, &w, "description",
                         "预计未来6小时内，江阳区部分地区降雨量将达50毫米以上，局地伴有短时强降水和雷电，请注意防范。");
    fields += text_field(&kind_incident, &w, "tlp", "TLP:GREEN");
    assert_int_equal(fields, 10);

    assert_true(kind_dictionary(kind_dictionary_id(KIND_INCIDENT), &dictionary));
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_DCtx *d = ZSTD_createDCtx();
    size_t len = writer_len(&w), alone_len = ZSTD_compressCCtx(c, alone, sizeof(alone), body, len, 3);
    size_t small_len = ZSTD_compress_usingDict(c, small, sizeof(small), body, len, dictionary.at, dictionary.len, 3);
    assert_false(ZSTD_isError(alone_len) || ZSTD_isError(small_len));
    print_message("%zu bytes: %zu alone, %zu with the dictionary\n", len, alone_len, small_len);
    assert_true(small_len * 3 < alone_len * 2);
    assert_int_equal(ZSTD_decompress_usingDict(d, back, sizeof(back), small, small_len, dictionary.at, dictionary.len), len);
    assert_memory_equal(back, body, len);
    ZSTD_freeCCtx(c);
    ZSTD_freeDCtx(d);
}

int main(void)
{
    assert_int_equal(crypto_start(), MUSTER_OK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dictionaries_are_the_ones_of_format_1),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_a_dictionary_helps_a_short_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
