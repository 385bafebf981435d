/* make_vectors — the golden vectors of format 1.
 *
 *   make_vectors write DIR    writes the files (by hand, when a vector is added)
 *   make_vectors check DIR    makes them in memory and compares (ctest) */
#include "cast.h"

#include <jansson.h>
#include <stdlib.h>
#include <zstd.h>

static const struct file {
    const char *name;
    void (*make)(struct json *j, struct cast *cast);
    bool compressed; /* equal bytes only from an equal zstd */
} files[] = {
    {"crypto",     make_crypto,     false},
    {"log",        make_log,        false},
    {"payload",    make_payload,    false},
    {"compressed", make_compressed, true },
    {"segment",    make_segment,    false},
    {"trust",      make_trust,      false},
    {"control",    make_control,    false},
    {"space",      make_space,      false},
    {"frame",      make_frame,      false},
    {"object",     make_object,     false},
    {"negative",   make_negative,   false},
};

static char *build(const struct file *file, struct cast *cast, size_t *len)
{
    char *text = NULL;
    struct json j = {.to = open_memstream(&text, len)};
    if (!j.to)
        return NULL;
    json_open(&j, NULL, '{');
    json_number(&j, "format", FORMAT_VERSION);
    if (file->compressed)
        json_number(&j, "zstd", ZSTD_versionNumber());
    json_open(&j, "vectors", '[');
    file->make(&j, cast);
    json_close(&j, ']');
    json_close(&j, '}');
    fclose(j.to);
    return text;
}

static size_t unhex(uint8_t *out, size_t size, const json_t *vector, const char *key)
{
    const char *text = json_string_value(json_object_get(vector, key));
    size_t len = text ? strlen(text) / 2 : 0;
    return text && len <= size && hex_to(out, len, text) ? len : 0;
}

/* Every committed compressed payload opens here and gives the body that the file says. */
static unsigned opens(struct cast *cast, const char *path)
{
    json_t *file = json_load_file(path, 0, NULL), *vector;
    unsigned failed = file ? 0 : 1;
    size_t i;
    json_array_foreach(json_object_get(file, "vectors"), i, vector)
    {
        static uint8_t payload[PAYLOAD_BYTES_MAX], body[BODY_BYTES_MAX];
        uint8_t bytes[RECORD_HEADER_MAX];
        struct record_header header;
        struct seal_key key;
        struct bytes opened;
        size_t len = unhex(payload, sizeof(payload), vector, "payload"), want = unhex(body, sizeof(body), vector, "body");
        size_t header_len = unhex(bytes, sizeof(bytes), vector, "header");
        if (unhex(key.b, sizeof(key.b), vector, "key") != sizeof(key.b) ||
            record_header_read(&header, bytes, header_len) != MUSTER_OK ||
            payload_open(cast->codec, &opened, (struct bytes){payload, len}, &cast->data.id, &header, &key) != MUSTER_OK ||
            opened.len != want || memcmp(opened.at, body, want) != 0) {
            fprintf(stderr, "%s: vector %zu does not open\n", path, i);
            failed++;
        }
    }
    if (file && i == 0) {
        fprintf(stderr, "%s: holds no vector\n", path);
        failed++;
    }
    json_decref(file);
    return failed;
}

/* 0 if the file holds exactly this text. */
static unsigned differs(const char *path, const char *text, size_t len)
{
    FILE *f = fopen(path, "rb");
    char *held = malloc(len + 1);
    size_t got = f && held ? fread(held, 1, len + 1, f) : 0;
    unsigned bad = !f || got != len || memcmp(held, text, len) != 0;
    size_t at = 0;
    while (bad && f && at < got && at < len && held[at] == text[at])
        at++;
    if (bad)
        fprintf(stderr, "%s: %s at byte %zu\n", path, f ? "differs from what the code makes" : "cannot be read", at);
    if (f)
        fclose(f);
    free(held);
    return bad;
}

static bool same_zstd(const char *path)
{
    json_t *file = json_load_file(path, 0, NULL);
    bool same = json_integer_value(json_object_get(file, "zstd")) == (json_int_t)ZSTD_versionNumber();
    json_decref(file);
    return same;
}

int main(int argc, char **argv)
{
    if (argc != 3 || crypto_start() != MUSTER_OK) {
        fprintf(stderr, "usage: make_vectors write|check DIR\n");
        return 2;
    }
    bool writing = strcmp(argv[1], "write") == 0;
    struct cast *cast = cast_new();
    unsigned failed = cast ? 0 : 1;
    for (size_t i = 0; cast && i < ARRAY_LEN(files); i++) {
        char path[4096];
        size_t len = 0;
        char *text = build(&files[i], cast, &len);
        snprintf(path, sizeof(path), "%s/%s.json", argv[2], files[i].name);
        if (writing) {
            FILE *f = fopen(path, "wb");
            failed += !f || fwrite(text, 1, len, f) != len;
            if (f)
                fclose(f);
        } else if (files[i].compressed) {
            failed += opens(cast, path);
            if (same_zstd(path))
                failed += differs(path, text, len);
        } else {
            failed += differs(path, text, len);
        }
        free(text);
    }
    cast_free(cast);
    printf("%zu passed, %u failed\n", ARRAY_LEN(files) - (failed > ARRAY_LEN(files) ? ARRAY_LEN(files) : failed), failed);
    return failed ? 1 : 0;
}
