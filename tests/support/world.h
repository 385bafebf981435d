/* world.h — several cores in one process: a network of queues, memory stores, a clock that the test moves.
 *
 * Everything is deterministic: chance comes from a counter.  Links are cut and healed by name; messages in flight on a cut
 * link are lost.  world_settle runs until nothing moves any more. */
#ifndef MUSTER_TESTS_WORLD_H
#define MUSTER_TESTS_WORLD_H

#include "protocol/core.h"
#include "protocol/session/bundle.h"
#include "support/memory_store.h"

enum { WORLD_NODES = 8 };

struct world;
struct world *world_new(uint64_t seed);
void world_free(struct world *w);
/* A new node of a new agency with that name; returns its index. */
size_t world_node(struct world *w, const char *name);
struct core *world_core(struct world *w, size_t node);
struct memory_store *world_store(struct world *w, size_t node);
struct agency_id world_agency(const struct world *w, size_t node);
struct bytes world_card(const struct world *w, size_t node);
/* Keys, identity and card of a node, as its core was given them. */
const struct core_config *world_config(const struct world *w, size_t node);
/* Its core ends for good; the test speaks for it: world_send, and a filter to hear. */
void world_mute(struct world *w, size_t node);
/* A message as if the node's core had sent it; nothing without a link. */
void world_send(struct world *w, size_t from, size_t to, const void *bytes, size_t len);
/* The error with which the node's core last closed a link. */
enum muster_error world_closed_with(const struct world *w, size_t node);
bool world_linked(const struct world *w, size_t a, size_t b);

void world_connect(struct world *w, size_t a, size_t b);
void world_cut(struct world *w, size_t a, size_t b);
/* Stops the core and starts it again from its store; links are gone. */
void world_restart(struct world *w, size_t node);
/* Stops the core, puts another store in its place (taken over) and starts it: a restored backup. */
void world_restore(struct world *w, size_t node, struct memory_store *store);
/* The same in three steps: the process ends; another store (taken over) stands in its place; it starts from what is there,
 * and its guard says whether that is of an earlier moment (RULES I2). */
void world_stop(struct world *w, size_t node);
void world_put(struct world *w, size_t node, struct memory_store *store);
void world_start(struct world *w, size_t node, bool guard_behind);
/* A second machine with the keys and the present disk of `node`, not started; returns its index. */
size_t world_twin(struct world *w, size_t node);
/* Moves the clock by that much, in ticks, delivering messages. */
void world_run(struct world *w, uint64_t ms);
/* Delivers so many messages, the clock standing still. */
void world_deliver(struct world *w, size_t messages);
/* Runs until no message has moved for a second of the world's time; false after `limit_ms`. */
bool world_settle(struct world *w, uint64_t limit_ms);

/* Commands and writes, run until they are answered. */
enum muster_error world_space(struct world *w, size_t node, const char *name, bool exercise, struct space_id *out);
enum muster_error world_invite(struct world *w, size_t node, const struct space_id *space, size_t whom, enum right right);
/* Any command, run until it is answered; outcome may be NULL. */
enum muster_error world_govern(struct world *w, size_t node, const struct command *command, struct command_outcome *outcome);
/* The two halves of an invite, for what happens in between. */
enum muster_error world_add(struct world *w, size_t node, const struct space_id *space, size_t whom, enum right right);
enum muster_error world_join(struct world *w, size_t node, const struct space_id *space, size_t inviter);
enum muster_error world_write(struct world *w, size_t node, const struct space_id *space, const struct write_item *items,
                              struct write_result *results, size_t count);
/* A create of an incident with that name, or an update of `object`'s name. */
enum muster_error world_incident(struct world *w, size_t node, const struct space_id *space, const char *name,
                                 struct object_id *object);
enum muster_error world_rename(struct world *w, size_t node, const struct space_id *space, const struct object_id *object,
                               const char *name);
struct hash world_digest(struct world *w, size_t node, const struct space_id *space, uint64_t *objects);

/* Any other command of a node, run until it is answered. */
enum muster_error world_command(struct world *w, size_t node, struct command *c);
/* A bundle from one node for the agency of another; of the order only its agency is filled in.  made->bytes is the caller's. */
enum muster_error world_bundle_out(struct world *w, size_t from, size_t to, const struct bundle_order *order,
                                   struct bundle_made *made);
/* The same with another agency than that of a node of this world. */
enum muster_error world_bundle_for(struct world *w, size_t from, const struct bundle_order *order, struct bundle_made *made);
/* Takes a file in, until it is answered; ETIMEOUT after a minute of the world's time. */
enum muster_error world_bundle_in(struct world *w, size_t node, const void *bytes, size_t len, struct bundle_report *report);

/* Keeps bytes as an attachment, run until it is answered; the bytes are gone afterwards. */
enum muster_error world_blob_put(struct world *w, size_t node, const struct space_id *space, const void *bytes, size_t len,
                                 struct blob_ref *ref);
/* Somebody at the node wishes for an attachment. */
void world_blob_want(struct world *w, size_t node, const struct space_id *space, const struct blob_ref *ref);

/* What happens to a message on its way: return false to lose it; may change the bytes (of len, at most MESSAGE_BYTES_MAX). */
typedef bool (*world_filter)(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len);
void world_set_filter(struct world *w, world_filter filter, void *user);
uint64_t world_messages(const struct world *w);
uint64_t world_bytes(const struct world *w);
/* Bytes that a third party could look for: everything that ever went over a link, when switched on. */
bool world_seen_on_wire(const struct world *w, const void *bytes, size_t len);
/* The next commits of a node fail. */
void world_fail_commits(struct world *w, size_t node, unsigned count, enum muster_error error);
/* The process of a node ends in its next commit: that is durable, and its core never hears of it.  Start it again. */
void world_die_in_commit(struct world *w, size_t node);
bool world_is_dead(const struct world *w, size_t node);
void world_set_clock_offset(struct world *w, size_t node, int64_t ms);
uint64_t world_events(const struct world *w, size_t node, const char *event); /* how often it was notified */

#endif
