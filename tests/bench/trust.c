/* muster-bench-trust: what governing a large space costs, in one process over the real core.
 *
 * Processor time of this process, not of a clock on the wall; bytes as they are stored, which is what every member gets.
 * Real signatures, boxes and hashes; the store is in memory, since a disk is measured elsewhere. */
#include "protocol/log/proof.h"
#include "protocol/trust/statement.h"
#include "protocol/trust/control.h"
#include "protocol/trust/epochs.h"
#include "support/world.h"


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMBERS = 1000, OPERATIONS = 10000, VERIFICATIONS = 200 };

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "muster-bench-trust: %s\n", what);
    exit(1);
}

/* Bytes of all segments that a node holds. */
static bool add_length(void *user, struct bytes key, struct bytes value)
{
    (void)key;
    *(size_t *)user += value.len;
    return true;
}

static size_t stored(struct world *w, size_t node)
{
    const struct storage *s = memory_store_storage(world_store(w, node));
    size_t sum = 0;
    must(s->scan(s->self, T_SEGMENT, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false, add_length, &sum) == MUSTER_OK,
         "the store cannot be read");
    return sum;
}

/* The n-th agency: its card, and its id. */
static size_t make_card(uint32_t n, uint8_t card[CARD_BYTES_MAX], struct agency_id *id)
{
    uint8_t seed[32] = {0}, statements[2][STATEMENT_BYTES_MAX];
    struct sign_public root, next;
    struct sign_secret root_secret, unused, sign_secret;
    struct box_secret box_secret;
    struct curve_secret curve = {{0}};
    struct node_keys keys;
    struct identity identity;
    struct bytes list[2];
    char name[32];
    snprintf(name, sizeof(name), "agency %u", n);
    memset(&identity, 0, sizeof(identity));
    put_le32(seed, n);
    for (uint8_t i = 0; i < 5; i++) {
        seed[31] = i + 1;
        if (i == 0)
            sign_keys_from_seed(&root, &root_secret, seed);
        else if (i == 1)
            sign_keys_from_seed(&next, &unused, seed);
        else if (i == 2)
            sign_keys_from_seed(&keys.sign, &sign_secret, seed);
        else if (i == 3)
            box_keys_from_seed(&keys.box, &box_secret, seed);
        else
            memcpy(curve.b, seed, sizeof(curve.b));
    }
    curve_public_of(&keys.curve, &curve);
    struct hash committed = next_root_of(&next);
    list[0] = (struct bytes){statements[0], statement_inception(statements[0], &identity, &root, &root_secret, &committed,
                                                                name, "CN", 1)};
    list[1] = (struct bytes){statements[1], statement_node(statements[1], &identity, &root_secret, &keys, name, 0, 1)};
    *id = identity.agency;
    return card_make(card, &identity, list, 2, &keys.sign, &sign_secret, NULL, 0, "", 1, 1);
}

static void row(const char *figure, const char *value, const char *goal)
{
    printf("%-58s %-22s %s\n", figure, value, goal);
}

int main(void)
{
    static uint8_t card[CARD_BYTES_MAX], proof_bytes[PROOF_BYTES_MAX];
    static struct proof proof;
    struct world *w = world_new(1);
    size_t a = world_node(w, "Yibin");
    struct space_id space;
    struct agency_id last;
    struct space_view view;
    char text[64];
    must(world_space(w, a, "flood", false, &space) == MUSTER_OK, "no space");
    for (uint32_t n = 1; n < MEMBERS; n++) {
        struct command add = {.kind = COMMAND_ADD_MEMBER, .space_id = space, .right = RIGHT_READ};
        add.card = (struct bytes){card, make_card(n, card, &last)};
        must(world_govern(w, a, &add, NULL) == MUSTER_OK, "a member is not added");
    }
    must(core_space_by_id(world_core(w, a), &space, &view) && control_state(view.control)->member_count == MEMBERS,
         "not all are members");
    struct object_id object;
    must(world_incident(w, a, &space, "before", &object) == MUSTER_OK, "nothing can be written");

    /* One is removed: the operation, and another epoch for all who stay. */
    size_t bytes = stored(w, a), epochs = epochs_of(view.control)->count;
    double start = cpu_ms();
    struct command removal = {.kind = COMMAND_REMOVE, .space_id = space, .agency = last};
    must(world_govern(w, a, &removal, NULL) == MUSTER_OK, "the member is not removed");
    must(world_incident(w, a, &space, "after", &object) == MUSTER_OK, "nothing can be written any more");
    double took = cpu_ms() - start;
    must(control_state(view.control)->member_count == MEMBERS - 1 && epochs_of(view.control)->count == epochs + 1,
         "it left no new epoch behind");
    snprintf(text, sizeof(text), "%.0f ms, %.1f kB", took, (double)(stored(w, a) - bytes) / 1e3);
    row("1,000 members: one removed, new epoch, next record", text, "<= 1,000 ms, <= 100 kB");

    /* Ten thousand operations, then a start from what is stored. */
    size_t done = control_state(view.control)->effective_count;
    for (size_t i = done; i < OPERATIONS; i++) {
        struct agency_id whom;
        (void)make_card(1 + (uint32_t)((i - done) % 7), card, &whom);
        struct command change = {.kind = COMMAND_SET_RIGHT, .space_id = space, .agency = whom,
                                 .right = (i - done) / 7 % 2 ? RIGHT_READ : RIGHT_RELAY};
        enum muster_error error = world_govern(w, a, &change, NULL);
        must(error == MUSTER_OK, error_what(error));
    }
    start = cpu_ms();
    world_restart(w, a);
    must(core_space_by_id(world_core(w, a), &space, &view), "the space is gone");
    size_t effective = control_state(view.control)->effective_count;
    took = cpu_ms() - start;
    must(effective >= OPERATIONS, "operations are gone");
    snprintf(text, sizeof(text), "%.0f ms", took);
    row("10,000 operations: read, checked and folded at a start", text, "<= 500 ms");

    struct proof_wish wish = {.space = view.number, .object = object};
    struct proof_problem problem;
    struct record_id record;
    size_t len = 0;
    must(core_proof(world_core(w, a), &wish, proof_bytes, sizeof(proof_bytes), &len, &record) == MUSTER_OK, "no proof");
    start = cpu_ms();
    for (int i = 0; i < VERIFICATIONS; i++)
        must(proof_read(&proof, proof_bytes, len, &problem) == MUSTER_OK, "the proof does not hold");
    took = (cpu_ms() - start) / VERIFICATIONS;
    snprintf(text, sizeof(text), "%zu bytes, %.2f ms", len, took);
    row("prove without content; verify", text, "<= 2,000 bytes, <= 10 ms");
    world_free(w);
    return 0;
}
