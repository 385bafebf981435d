/* party.h — a space of several agencies, and what one of them does to govern it. */
#ifndef MUSTER_TESTS_GOVERN_PARTY_H
#define MUSTER_TESTS_GOVERN_PARTY_H

#include "protocol/trust/control.h"
#include "support/world.h"

enum { ANNA, BORIS, CHEN, DORA, ERIK };

struct party {
    struct world *w;
    struct space_id space;
    size_t count;
};

/* So many agencies with these rights, the first is the founder; all linked with each other, and settled. */
void party_open(struct party *p, uint64_t seed, const enum right *rights, size_t count);
void party_close(struct party *p);
/* Links of one agency with all others end, or stand again. */
void party_part(struct party *p, size_t who);
void party_meet(struct party *p, size_t who);
void party_settle(struct party *p);

/* One governing command of `by` about `who`; right and target where it has one. */
enum muster_error party_govern(struct party *p, size_t by, enum command_kind kind, size_t who, enum right right,
                               struct command_outcome *outcome);
enum muster_error party_approve(struct party *p, size_t by, const struct record_id *operation, struct command_outcome *outcome);
/* As that node sees it. */
struct control *party_control(struct party *p, size_t node);
const struct control_member *party_member(struct party *p, size_t node, size_t who);
uint64_t party_objects(struct party *p, size_t node);
void assert_same_state(struct party *p, const size_t *nodes, size_t count);

#endif
