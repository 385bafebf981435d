/* fuzz_proof.c — any bytes as a proof file; the hash at its end is mended, so that the fuzzer gets behind it. */
#include "unit/protocol/proof/sample.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t size);

static struct payload_codec *codec;
static uint8_t made[2][16 * 1024];
static size_t made_len[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct sample a, b;
    static struct sample_record record, witness;
    struct hash names;
    (void)argc, (void)argv;
    codec = payload_codec_new();
    if (crypto_start() != MUSTER_OK || !codec)
        abort();
    sample_agency(&a, 1, "Yibin", 3, false, NULL, 0);
    sample_agency(&b, 2, "Zhaotong", 3, false, NULL, 0);
    sample_write(&b, &witness, codec, (struct sample_wish){.count = 1, .text = 3});
    memcpy(names.b, witness.id.b, HASH_BYTES);
    sample_write(&a, &record, codec,
                 (struct sample_wish){.count = 4, .index = 2, .text = 90, .refs = &names, .ref_count = 1});
    sample_run(&a, &record, 2);
    struct proof_opening opening = sample_opening(&a, &record);
    if (proof_make(made[0], sizeof(made[0]), &made_len[0], false, &record.source, &witness.source, 1, &opening) ||
        proof_make(made[1], sizeof(made[1]), &made_len[1], false, &witness.source, NULL, 0, NULL))
        abort();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed)
{
    size_t which = seed & 1;
    if (len < 64 && size >= made_len[which]) {
        memcpy(bytes, made[which], made_len[which]);
        return made_len[which];
    }
    len = LLVMFuzzerMutate(bytes, len, size);
    if (len >= PROOF_HEAD_BYTES + HASH_BYTES && (seed & 6)) {
        put_le32(bytes + 12, (uint32_t)len);
        sample_rehash(bytes, len);
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct proof proof;
    struct proof_problem problem;
    struct bytes body;
    enum muster_error error = proof_read(&proof, bytes, len, &problem);
    if (error != problem.error || (error && !problem.sentence[0]))
        abort(); /* a refusal without its sentence */
    if (error)
        return 0;
    if (proof.len > len || proof.witness_count > PROOF_WITNESSES_MAX || proof.record.index >= proof.record.segment.count ||
        !proof.record.statement_count)
        abort();
    if (proof_open(&proof, codec, &body, &problem) == MUSTER_OK && !proof.disclosed)
        abort();
    return 0;
}
