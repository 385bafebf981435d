/* canary.h — a record whose bytes are known, sealed and plain, and where they lie. */
#ifndef MUSTER_TESTS_ERASURE_CANARY_H
#define MUSTER_TESTS_ERASURE_CANARY_H

#include "../govern/party.h"
#include "protocol/log/payload.h"
#include "protocol/object/op.h"

#define CANARY "Mrs. Canary, Riverside Road 7"

struct canary {
    struct object_id object;
    struct record_id record;
    uint8_t sealed[PAYLOAD_BYTES_MAX];
    size_t len;
};

/* An incident named CANARY by that agency, taken in by itself. */
void canary_write(struct party *p, size_t by, struct canary *out);
/* The sealed payload of the record, as that node stores it; false when it stores none. */
bool canary_sealed(struct party *p, size_t node, struct canary *c);
/* Do its bytes, sealed or plain, lie in any table of the node? */
bool canary_lies_at(struct party *p, size_t node, const struct canary *c);
/* Does the view of the object show it; and say that it is erased? */
bool canary_is_shown(struct party *p, size_t node, const struct canary *c);
bool canary_is_erased(struct party *p, size_t node, const struct canary *c);
/* One record that erases, holds, or ends the hold `target`. */
enum muster_error canary_say(struct party *p, size_t by, uint8_t operation, const struct canary *c,
                             const struct record_id *target, struct record_id *out);
/* Does any value of the node's tables hold those bytes? */
bool store_holds(struct party *p, size_t node, const void *bytes, size_t len);

#endif
