/* fuzz_segment.c — any bytes as segments in wire form: what is read can be checked and written again, the same.
 *
 * The first input byte says how many segments came before; hashes are not solved, so a mutation that keeps the form reads
 * as another segment, which is what an author with a key could make. */
#include "protocol/log/genesis.h"
#include "protocol/log/segment.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return crypto_start() == MUSTER_OK ? 0 : 1;
}

/* Now and then a well-formed segment of a few records, to begin from. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed)
{
    if (len > 8 || size < 512)
        return LLVMFuzzerMutate(bytes, len, size);
    struct writer w = writer_over(bytes, size);
    uint8_t zeroes[64] = {0};
    writer_u8(&w, FORMAT_VERSION);
    writer_u8(&w, ALGORITHM_1);
    writer_u8(&w, WIRE_PREV | WIRE_EPOCH | WIRE_PLACE);
    writer_u16(&w, 0);
    writer_varint(&w, 1 + seed % 3);
    writer_varint(&w, 1);
    writer_varint(&w, 1);
    writer_put(&w, zeroes, 32);
    writer_put(&w, zeroes, 32);
    writer_put(&w, zeroes, 64);
    for (unsigned i = 0; i < 1 + seed % 3; i++) {
        struct segment_record r = {.header = {.operation = 1, .kind = 1, .ref_count = (uint8_t)(seed % 4), .payload_len = 7}};
        if (seed & 8)
            r.payload = (struct bytes){zeroes, 7};
        if (seed & 16)
            r.wrap = (struct bytes){(uint8_t[RECORD_WRAP_BYTES]){0}, RECORD_WRAP_BYTES};
        segment_record_write(&w, &r);
    }
    return writer_len(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static uint8_t item[SEGMENT_ITEM_MAX], again[2 * SEGMENT_ITEM_MAX], item2[SEGMENT_ITEM_MAX];
    static struct record_id ids[SEGMENT_RECORDS_MAX];
    struct segment_chain chain = {.started = false}, back = chain;
    struct cursor c = cursor_over(bytes, len);
    struct segment_header header, read;
    size_t item_len, len2;
    uint32_t without;
    struct log_genesis genesis;
    if (log_genesis_read(&genesis, bytes, len) == MUSTER_OK && genesis.ctl_count > CTL_HEADS_MAX)
        abort();
    while (cursor_left(&c) &&
           segment_wire_read(&c, &chain, item, sizeof(item), &item_len, &header, ids, &without) == MUSTER_OK) {
        if (segment_item_check(item, item_len, NULL) != MUSTER_OK)
            abort();
        struct segment_record record;
        for (uint32_t i = 0; i < header.count; i++)
            if (segment_item_record(item, item_len, i, &read, &record) != MUSTER_OK)
                abort();
        if (segment_item_record(item, item_len, header.count, &read, &record) != MUSTER_ENOTFOUND)
            abort();
        struct writer w = writer_over(again, sizeof(again));
        struct segment_chain forth = back;
        segment_wire_write(&w, &forth, item, item_len);
        struct cursor c2 = cursor_over(again, writer_len(&w));
        if (segment_wire_read(&c2, &back, item2, sizeof(item2), &len2, &read, ids, &without) != MUSTER_OK || len2 != item_len ||
            memcmp(item, item2, len2) != 0 || cursor_left(&c2))
            abort();
    }
    return 0;
}
