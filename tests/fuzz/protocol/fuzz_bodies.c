/* fuzz_bodies.c — any bytes as the contents of a record: msgpack, a genesis, a control operation, a sealed payload (the input
 * is sealed first, so that what is opened is the fuzzer's), a view. */
#include "base/pack.h"
#include "protocol/log/payload.h"
#include "protocol/object/state.h"
#include "protocol/trust/operation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t size);

static struct payload_codec *codec;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    codec = payload_codec_new();
    return crypto_start() != MUSTER_OK || !codec;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed)
{
    if (len > 4 || size < 2048)
        return LLVMFuzzerMutate(bytes, len, size);
    bytes[0] = (uint8_t)(64 + seed % 13);
    if (seed & 32) {
        struct agency_id who = {{1}};
        return 1 + operation_add(bytes + 1, size - 1, &who, RIGHT_WRITE, (struct bytes){bytes, 1});
    }
    if (seed & 16) {
        struct hash commitment = {{1}};
        struct agency_id to[2] = {{{1}}, {{2}}};
        struct epoch_copy copy = {.node = {{3}}};
        struct record_id wrap = {{4}};
        static const uint8_t wrapped[1][24 + 32 + 16];
        return 1 + operation_epoch(bytes + 1, size - 1, &commitment, to, 2, &copy, 1, &wrap, wrapped, 1);
    }
    struct space_genesis g = {.rules = RULES_VERSION, .name = "n", .purpose = "p", .admin_count = 1};
    static uint8_t genesis[GENESIS_BYTES_MAX];
    size_t n = space_genesis_write(genesis, &g);
    memcpy(bytes + 1, genesis, n < size - 1 ? n : size - 1);
    return 1 + (n < size - 1 ? n : size - 1);
}

static void open_sealed(const uint8_t *plain, size_t len, uint16_t flags)
{
    static uint8_t payload[PAYLOAD_BYTES_MAX + 128];
    struct record_header header = {.version = FORMAT_VERSION, .operation = 1, .kind = 1, .flags = flags, .sequence = 1};
    struct log_id id = {{0}};
    struct seal_nonce nonce = {{0}};
    struct seal_key key = {{1}};
    uint8_t whole[RECORD_HEADER_MAX], bound[HASH_BYTES + RECORD_BOUND_BYTES];
    struct bytes body, aad = {bound, sizeof(bound)};
    if (len > PAYLOAD_BYTES_MAX - 256)
        return;
    memcpy(bound, id.b, HASH_BYTES);
    record_header_write(whole, &header);
    memcpy(bound + HASH_BYTES, whole, RECORD_BOUND_BYTES);
    struct writer w = writer_over(payload, sizeof(payload));
    writer_put(&w, nonce.b, sizeof(nonce.b));
    if (flags & RECORD_PERSONAL) {
        struct hash commitment = seal_commitment(&key);
        writer_put(&w, commitment.b, sizeof(commitment.b));
    }
    seal(writer_skip(&w, len + SEAL_TAG_BYTES), plain, len, &aad, &nonce, &key);
    if (payload_open(codec, &body, (struct bytes){payload, writer_len(&w)}, &id, &header, &key) == MUSTER_OK &&
        pack_check(body.at, body.len) != MUSTER_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct operation operation;
    static struct space_genesis genesis;
    static uint8_t view[512 * 1024];
    struct object_stored state;
    if (!len)
        return 0;
    struct bytes body = {bytes + 1, len - 1};
    open_sealed(body.at, body.len, 0);
    open_sealed(body.at, body.len, RECORD_PERSONAL);
    (void)object_stored_read(&state, body);
    if (pack_check(body.at, body.len) != MUSTER_OK)
        return 0;
    struct record_header header = {.version = FORMAT_VERSION, .operation = bytes[0], .sequence = 1, .flags = RECORD_CLEAR};
    struct record_id id = {{1}}, prev = {{0}}, epoch;
    struct agency_id by = {{1}};
    struct log_id in = {{1}};
    struct bytes found;
    struct sign_public node = {{3}};
    if (operation_read(&operation, &header, body, &id, &by, &in, &prev) == MUSTER_OK) {
        (void)operation_copy_for(operation.copies, &node, &found);
        for (size_t i = 0; operation.wraps.len && i < 70 && operation_wrap_at(operation.wraps, i, &epoch, &found); i++)
            ;
        struct control *control = control_new();
        if (control_add(control, &operation.op) == MUSTER_OK)
            (void)control_state(control);
        control_free(control);
    }
    (void)space_genesis_read(&genesis, body.at, body.len);
    size_t merged = object_view_merge(view, sizeof(view), body, body, UINT64_MAX);
    if (merged && pack_check(view, merged) != MUSTER_OK)
        abort();
    return 0;
}
