/* fuzz_session.c — bytes drive a member that breaks the rules against a node, over a session that stands.
 *
 * The input is a list of doings: raw frames of any kind, forged or sound segments of own logs, heads, demands, time that
 * passes, commits that fail, a new connection, a start from the disk.  After all of it an honest partner and the node write
 * and must agree. */
#include "support/evil.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ALICE, BOB, MALLORY, LOGS = 3, SEGMENTS = 12 };

struct play {
    struct world *w;
    struct evil *e;
    struct space_id space;
    struct evil_log logs[LOGS];
    struct evil_segment segments[SEGMENTS];
    uint8_t of[SEGMENTS];
    size_t made;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void start(struct play *p)
{
    p->w = world_new(1);
    world_node(p->w, "Alice");
    world_node(p->w, "Bob");
    world_node(p->w, "Mallory");
    must(world_space(p->w, ALICE, "flood", false, &p->space) == MUSTER_OK);
    must(world_invite(p->w, ALICE, &p->space, BOB, RIGHT_WRITE) == MUSTER_OK);
    must(world_invite(p->w, ALICE, &p->space, MALLORY, RIGHT_WRITE) == MUSTER_OK);
    must(world_incident(p->w, ALICE, &p->space, "one", NULL) == MUSTER_OK);
    world_connect(p->w, BOB, ALICE);
    world_connect(p->w, MALLORY, ALICE);
    must(world_settle(p->w, 30000));
    p->e = evil_new(p->w, MALLORY, ALICE, &p->space);
    for (size_t i = 0; i < LOGS; i++)
        evil_log_open(p->e, &p->logs[i], i == LOGS - 1);
    evil_connect(p->e);
}

static void make_segment(struct play *p, struct cursor *c)
{
    if (p->made == SEGMENTS)
        return;
    struct evil_segment *s = &p->segments[p->made];
    uint8_t log = cursor_u8(c) % LOGS, behind = cursor_u8(c), how = cursor_u8(c);
    const struct evil_segment *before = p->made && (how & 1) ? &p->segments[behind % p->made] : NULL;
    evil_segment_make(p->e, s, &p->logs[log], before, how & 2 ? "a" : "b");
    if (how & 4)
        s->header.position = cursor_u64(c);
    if (how & 8)
        s->header.first_sequence = cursor_u8(c);
    if (how & 16)
        s->header.count = cursor_u8(c);
    if (how & 32)
        cursor_copy(c, s->header.prev.b, 4);
    if (how & 64)
        s->header.flags = cursor_u16(c);
    evil_segment_seal(p->e, s, &p->logs[how & 128 ? 0 : log].secret);
    p->of[p->made++] = log;
}

static void raw_frame(struct play *p, struct cursor *c)
{
    static uint8_t out[MESSAGE_BYTES_MAX];
    uint8_t type = cursor_u8(c) % 20, flags = cursor_u8(c);
    uint16_t len = cursor_u16(c) % 512;
    if (len > cursor_left(c))
        len = (uint16_t)cursor_left(c);
    struct writer w = writer_over(out, sizeof(out));
    uint8_t *begin = frame_begin(&w, (enum frame_type)type, flags & 3);
    if (flags & 4)
        writer_put(&w, p->e->tag, 16);
    writer_put(&w, cursor_take(c, len), len);
    frame_end(&w, begin);
    evil_send(p->e, out, writer_len(&w));
}

static void act(struct play *p, struct cursor *c)
{
    static uint8_t out[MESSAGE_BYTES_MAX];
    uint8_t what = cursor_u8(c) % 12, which = cursor_u8(c);
    if (!evil_is_up(p->e))
        evil_connect(p->e);
    switch (what) {
    case 0:
    case 1:
        make_segment(p, c);
        break;
    case 2:
    case 3:
        if (p->made)
            evil_give(p->e, &p->logs[p->of[which % p->made]], &p->segments[which % p->made]);
        break;
    case 4:
        raw_frame(p, c);
        break;
    case 5:
        if (p->made)
            evil_send(p->e, out, evil_heads(p->e, out, &p->logs[which % LOGS].id, cursor_u64(c) >> (which % 64),
                                            &p->segments[which % p->made].id, cursor_u8(c)));
        break;
    case 6:
        evil_send(p->e, out, evil_want(p->e, out, &p->logs[which % LOGS].id, 1 + cursor_u8(c), 1 + cursor_u16(c)));
        break;
    case 7:
        world_run(p->w, TICK_MS * (1 + which % 8));
        break;
    case 8:
        world_fail_commits(p->w, ALICE, 1 + which % 2, MUSTER_EFULL);
        break;
    case 9:
        world_run(p->w, 6000);
        (void)world_incident(p->w, which & 1 ? ALICE : BOB, &p->space, "meanwhile", NULL);
        break;
    case 10:
        world_restart(p->w, ALICE);
        world_connect(p->w, BOB, ALICE);
        break;
    default:
        evil_send(p->e, out, evil_spaces(p->e, out));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct play *p = calloc(1, sizeof(*p));
    start(p);
    for (int i = 0; i < 60 && cursor_left(&c); i++)
        act(p, &c);
    world_cut(p->w, MALLORY, ALICE);
    world_fail_commits(p->w, ALICE, 0, MUSTER_OK);
    world_connect(p->w, BOB, ALICE);
    world_run(p->w, 15000);
    must(world_incident(p->w, ALICE, &p->space, "in the end", NULL) == MUSTER_OK);
    must(world_incident(p->w, BOB, &p->space, "in the end", NULL) == MUSTER_OK);
    world_run(p->w, 3000);
    uint64_t alice, bob;
    struct hash a = world_digest(p->w, ALICE, &p->space, &alice), b = world_digest(p->w, BOB, &p->space, &bob);
    must(alice == bob && alice >= 3);
    must(memcmp(a.b, b.b, sizeof(a.b)) == 0);
    evil_free(p->e);
    world_free(p->w);
    free(p);
    return 0;
}
