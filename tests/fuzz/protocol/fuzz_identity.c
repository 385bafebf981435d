/* fuzz_identity.c — any bytes as a card, a statement, an armoured text.  Signatures are mended where one stands, so that the
 * fuzzer gets behind them. */
#include "protocol/trust/armour.h"
#include "protocol/trust/identity.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t size);

static struct bytes card;
static struct sign_secret node;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct world *w = world_new(1);
    world_node(w, "A");
    card = world_card(w, 0);
    node = world_config(w, 0)->sign_secret;
    return 0; /* the world stays: the card is its */
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t size, unsigned seed)
{
    if (len < 16 && size > 2 * card.len) {
        if (seed & 1) {
            memcpy(bytes, card.at, card.len);
            return card.len;
        }
        size_t armoured = armour_write((char *)bytes, size, "CARD", card.at, card.len);
        return armoured < size ? armoured : 0;
    }
    len = LLVMFuzzerMutate(bytes, len, size);
    if (len > 64 && (seed & 3)) {
        struct signature s;
        struct bytes covered = {bytes, len - 64};
        crypto_sign_parts(&s, &node, "muster/1/card", &covered, 1);
        memcpy(bytes + len - 64, s.b, 64);
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct card c;
    static uint8_t out[CARD_BYTES_MAX];
    struct identity identity = {.statements = 0};
    size_t out_len;
    if (card_read(&c, bytes, len) == MUSTER_OK) {
        if (!c.statement_count || c.statement_count > CARD_STATEMENTS_MAX || c.endpoint_count > CARD_ENDPOINTS_MAX ||
            c.identity.node_count > AGENCY_NODES_MAX || !identity_node(&c.identity, &c.node))
            abort();
    }
    if (identity_take(&identity, bytes, len) == MUSTER_OK && identity.statements != 1)
        abort();
    if (armour_read(out, sizeof(out), &out_len, "CARD", (const char *)bytes, len) == MUSTER_OK && out_len > sizeof(out))
        abort();
    return 0;
}
