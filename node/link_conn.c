/* link_conn.c — the table of connections. */
#include "node/link_inner.h"

#include <string.h>

enum { SLOT_BITS = 16 };

_Static_assert(LINK_CONNECTIONS_MAX + LINK_DIALS_MAX < 1 << SLOT_BITS, "a connection's place fits its number");

#define X(name, text) #name,
static const char *const reason_names[] = {LINK_REASONS(X)};
#undef X
#define X(name, text) text,
static const char *const reason_texts[] = {LINK_REASONS(X)};
#undef X

const char *link_reason_name(enum link_reason reason)
{
    return (unsigned)reason < LINK_REASON_COUNT ? reason_names[reason] : "unknown";
}

const char *link_reason_text(enum link_reason reason)
{
    return (unsigned)reason < LINK_REASON_COUNT ? reason_texts[reason] : "unknown";
}

static uint32_t name_of(const uint8_t *routing)
{
    return get_be32(routing + 1);
}

struct conn *conn_find(struct link *link, struct link_conn id)
{
    size_t slot = id.n & ((1u << SLOT_BITS) - 1);
    if (id.n == 0 || slot >= link->conns_size)
        return NULL;
    struct conn *conn = &link->conns[slot];
    return conn->used && !conn->ended && conn->id.n == id.n ? conn : NULL;
}

struct conn *conn_of_routing(struct link *link, const uint8_t *routing)
{
    struct conn *conn = link->names[name_of(routing) % LINK_NAMES];
    while (conn && memcmp(conn->routing, routing, ROUTING_BYTES) != 0)
        conn = conn->next;
    return conn;
}

static void name_remove(struct link *link, struct conn *conn)
{
    struct conn **at = &link->names[name_of(conn->routing) % LINK_NAMES];
    while (*at && *at != conn)
        at = &(*at)->next;
    if (*at)
        *at = conn->next;
}

static void name_add(struct link *link, struct conn *conn, const uint8_t *routing)
{
    struct conn **bucket = &link->names[name_of(routing) % LINK_NAMES];
    memcpy(conn->routing, routing, ROUTING_BYTES);
    conn->next = *bucket;
    *bucket = conn;
}

/* Messages that a connection left behind may come after its end was told.  libzmq gives no name twice
 * (they count up through 32 bits), so an ended name is never a new connection. */
bool conn_name_ended(const struct link *link, const uint8_t *routing)
{
    size_t count = link->ended_names_count < LINK_ENDED_MAX ? link->ended_names_count : LINK_ENDED_MAX;
    for (size_t i = 0; i < count; i++)
        if (link->ended_names[i] == name_of(routing))
            return true;
    return false;
}

void conn_name_end(struct link *link, const uint8_t *routing)
{
    link->ended_names[link->ended_names_count++ % LINK_ENDED_MAX] = name_of(routing);
}

bool key_admitted(struct link *link, const struct curve_public *key, const char *address)
{
    const char *reason = "not known";
    if (link->calls.admit && link->calls.admit(link->calls.user, key, address, &reason))
        return true;
    char hex[ZAP_KEY_HEX + 1];
    link->counters.refused_keys++;
    link_journal(link, "peer-refused", "key=%s address=%s reason=\"%s\"", hex_from(hex, key->b, sizeof key->b),
                 address, reason ? reason : "not known");
    return false;
}

static struct conn *place_free(struct link *link)
{
    for (size_t i = 0; i < link->conns_size; i++)
        if (!link->conns[i].used)
            return &link->conns[i];
    return NULL;
}

/* A key has one accepted connection, the newest; a descriptor has one connection, also the newest. */
static void older_end(struct link *link, const struct curve_public *key, int fd)
{
    for (size_t i = 0; i < link->conns_size; i++) {
        struct conn *conn = &link->conns[i];
        if (!conn->used || conn->ended || conn->dial)
            continue;
        if (conn->fd == fd) {
            conn->fd = -1; /* not its descriptor any more: nothing to cut */
            conn_end(link, conn, LINK_GONE);
        } else if (memcmp(conn->key.b, key->b, sizeof key->b) == 0) {
            conn_end(link, conn, LINK_REPLACED);
        }
    }
}

struct conn *conn_begin(struct link *link, struct dial *dial, const struct curve_public *key, const char *address,
                        int fd, const struct peer_address *peer, enum link_reason *why)
{
    *why = LINK_NOT_ADMITTED;
    if (!key_admitted(link, key, address))
        return NULL;
    if (!dial)
        older_end(link, key, fd);
    *why = LINK_TOO_MANY;
    struct conn *conn = dial || link->counters.connections < link->config.connections ? place_free(link) : NULL;
    if (!conn) {
        link_journal(link, "peer-refused", "address=%s reason=\"%s\"", address, link_reason_text(LINK_TOO_MANY));
        return NULL;
    }
    *why = LINK_NONE;
    *conn = (struct conn){.used = true, .dial = dial, .key = *key, .fd = fd, .peer = *peer};
    conn->id.n = ++link->serial << SLOT_BITS | (uint64_t)(conn - link->conns);
    snprintf(conn->address, sizeof conn->address, "%s", address);
    if (dial)
        link->counters.dialled_up++;
    else
        link->counters.connections++;
    return conn;
}

void conn_up(struct link *link, struct conn *conn, const uint8_t *routing)
{
    if (routing)
        name_add(link, conn, routing);
    conn->told = true;
    if (link->calls.up)
        link->calls.up(link->calls.user, conn->id, &conn->key, conn->dial != NULL, conn->address);
}

void conn_end(struct link *link, struct conn *conn, enum link_reason reason)
{
    if (conn->ended)
        return;
    conn->ended = true;
    conn->reason = reason;
    link->ended_count++;
    if (!conn->dial)
        conn_name_end(link, conn->routing);
    peer_cut(conn->fd, &conn->peer);
    link_wake(link);
}

static void conn_free(struct link *link, struct conn *conn)
{
    struct link_conn id = conn->id;
    struct dial *dial = conn->dial;
    enum link_reason reason = conn->reason;
    bool told = conn->told;
    conn_forget_pending(link, conn);
    if (conn->owes)
        link->owes_count--;
    if (dial) {
        link->counters.dialled_up--;
    } else {
        link->counters.connections--;
        name_remove(link, conn);
    }
    memset(conn, 0, sizeof *conn);
    link->ended_count--;
    if (dial)
        dial_conn_ended(dial, reason);
    if (told && link->calls.down)
        link->calls.down(link->calls.user, id, reason);
}

void link_settle(struct link *link)
{
    for (size_t i = 0; link->ended_count > 0 && i < link->conns_size; i++)
        if (link->conns[i].used && link->conns[i].ended)
            conn_free(link, &link->conns[i]);
    for (size_t i = 0; link->owes_count > 0 && i < link->conns_size; i++) {
        struct conn *conn = &link->conns[i];
        if (!conn->owes || conn->ended)
            continue;
        conn->owes = false;
        link->owes_count--;
        if (link->calls.ready)
            link->calls.ready(link->calls.user, conn->id);
    }
    for (size_t i = 0; link->dropped_count > 0 && i < LINK_DIALS_MAX; i++) {
        if (!link->dials[i].used || !link->dials[i].dropped || link->dials[i].conn)
            continue;
        dial_free(&link->dials[i]);
        link->dropped_count--;
    }
    /* Callbacks may have ended more; each end has written the wake again, so the loop comes back. */
}

void link_close(struct link *link, struct link_conn id)
{
    struct conn *conn = conn_find(link, id);
    if (conn)
        conn_end(link, conn, LINK_CLOSED_HERE);
}

void link_review(struct link *link)
{
    for (size_t i = 0; i < link->conns_size; i++) {
        struct conn *conn = &link->conns[i];
        if (conn->used && !conn->ended && !key_admitted(link, &conn->key, conn->address))
            conn_end(link, conn, LINK_NOT_ADMITTED);
    }
}
