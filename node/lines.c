#include "node/lines.h"

#include "node/node.h"

#include <stdlib.h>

static const uint8_t prefix[] = {'l', 'i', 'n', 'e', '.'};
enum {
    LINE_KEY_BYTES = sizeof(prefix) + 32,
    LINE_VALUE_FIXED = 1 + 1 + 8 + 8 + 8 + HASH_BYTES + 4 + 4,
    LINE_VALUE_MAX = LINE_VALUE_FIXED + CARD_BYTES_MAX + KNOCK_INVITE_MAX,
    LINE_IDLE_MS = 60 * 60 * 1000 /* a connection of a line that waits is let go after so long; it calls again */
};

/* --- memory and disk ----------------------------------------------------------------------------------- */

static void row_clear(struct line_row *row)
{
    free(row->card);
    free(row->invite);
    *row = (struct line_row){.used = false};
}

void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < LINES_MAX; i++)
        row_clear(&lines->at[i]);
}

static void stored_key(uint8_t out[LINE_KEY_BYTES], const struct line_row *row)
{
    memcpy(out, prefix, sizeof(prefix));
    memcpy(out + sizeof(prefix), row->key.b, sizeof(row->key.b));
}

static enum muster_error row_store(struct node *node, const struct line_row *row)
{
    uint8_t key[LINE_KEY_BYTES], *value = malloc(LINE_VALUE_MAX);
    if (!value)
        return MUSTER_EBUSY;
    stored_key(key, row);
    struct writer w = writer_over(value, LINE_VALUE_MAX);
    writer_u8(&w, (uint8_t)row->state);
    writer_u8(&w, (uint8_t)row->right);
    writer_u64(&w, row->made_ms);
    writer_u64(&w, row->expires_ms);
    writer_u64(&w, row->knocked_ms);
    writer_put(&w, row->space.b, HASH_BYTES);
    writer_u32(&w, (uint32_t)row->card_len);
    if (row->card_len)
        writer_put(&w, row->card, row->card_len);
    writer_u32(&w, (uint32_t)row->invite_len);
    if (row->invite_len)
        writer_put(&w, row->invite, row->invite_len);
    struct change change = {T_META, {key, sizeof(key)}, {value, writer_len(&w)}};
    enum muster_error error = w.failed ? MUSTER_ETOOBIG : store_commit(node->store, &change, 1, true);
    free(value);
    return error;
}

static void row_forget(struct node *node, struct line_row *row)
{
    uint8_t key[LINE_KEY_BYTES];
    stored_key(key, row);
    struct change change = {T_META, {key, sizeof(key)}, {NULL, 0}};
    if (store_commit(node->store, &change, 1, true) == MUSTER_OK)
        row_clear(row);
}

/* Who knocked, out of its card. */
static bool row_bind(struct line_row *row, const struct card *card, struct bytes bytes, uint64_t now_ms)
{
    const struct certified_node *by = identity_node(&card->identity, &card->node);
    uint8_t *copy = by ? malloc(bytes.len) : NULL;
    if (!copy)
        return false;
    memcpy(copy, bytes.at, bytes.len);
    free(row->card);
    row->card = copy;
    row->card_len = bytes.len;
    row->agency = card->agency;
    row->keys = by->keys;
    row->knocked_ms = now_ms;
    snprintf(row->agency_name, sizeof(row->agency_name), "%s", card->identity.name);
    snprintf(row->node_name, sizeof(row->node_name), "%s", by->name);
    return true;
}

static bool load_row(void *user, struct bytes key, struct bytes value)
{
    struct lines *lines = user;
    struct line_row *row = NULL;
    struct cursor c = cursor_over(value.at, value.len);
    for (size_t i = 0; i < LINES_MAX && !row; i++)
        if (!lines->at[i].used)
            row = &lines->at[i];
    if (!row || key.len != LINE_KEY_BYTES)
        return row != NULL;
    memcpy(row->key.b, key.at + sizeof(prefix), sizeof(row->key.b));
    row->state = cursor_u8(&c);
    row->right = cursor_u8(&c);
    row->made_ms = cursor_u64(&c);
    row->expires_ms = cursor_u64(&c);
    uint64_t knocked_ms = cursor_u64(&c);
    cursor_copy(&c, row->space.b, HASH_BYTES);
    uint32_t card_len = cursor_u32(&c);
    struct bytes bytes = {cursor_take(&c, card_len), card_len};
    uint32_t invite_len = cursor_u32(&c);
    const uint8_t *invite = cursor_take(&c, invite_len);
    struct card *card = malloc(sizeof(*card));
    bool whole = cursor_end(&c) == MUSTER_OK && card && row->state <= KNOCK_REFUSED && row->right <= RIGHT_ADMIN &&
                 (!card_len || (card_read(card, bytes.at, bytes.len) == MUSTER_OK && row_bind(row, card, bytes, knocked_ms)));
    free(card);
    row->invite = whole && invite_len ? malloc(invite_len) : NULL;
    if (row->invite) {
        memcpy(row->invite, invite, invite_len);
        row->invite_len = invite_len;
    }
    row->used = whole && (row->invite != NULL) == (invite_len > 0);
    if (!row->used)
        row_clear(row);
    return true;
}

void lines_load(struct node *node)
{
    const struct storage *storage = store_storage(node->store);
    struct bytes all = {prefix, sizeof(prefix)}, none = {NULL, 0};
    if (storage->scan(storage->self, T_META, all, none, false, load_row, &node->lines) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "the lines for newcomers cannot be read");
}

/* --- making, finding ----------------------------------------------------------------------------------- */

enum muster_error lines_make(struct node *node, const struct space_id *space, enum right right, uint64_t valid_ms,
                             struct line_row **out, char *text)
{
    struct line line = {.node = node->own.keys.curve};
    struct curve_secret secret;
    struct line_row *row = NULL;
    for (size_t i = 0; i < LINES_MAX && !row; i++)
        if (!node->lines.at[i].used)
            row = &node->lines.at[i];
    if (!row)
        return MUSTER_EBUSY;
    line_node_hash(line.is, &node->own.identity.agency, &node->own.keys.sign);
    crypto_random(line.token, sizeof(line.token));
    uint64_t now = node_wall_ms(), expires = now + valid_ms;
    line.expires_minutes = (uint32_t)(expires / 60000);
    size_t len = 0;
    for (size_t i = 0; i < node->advertised.count && !len; i++) {
        size_t size = strlen(node->advertised.at[i]) + 1;
        if (size > sizeof(line.endpoint))
            continue;
        memcpy(line.endpoint, node->advertised.at[i], size);
        len = line_write(text, &line);
    }
    *row = (struct line_row){.space = *space, .right = right, .made_ms = now, .expires_ms = expires};
    line_keys(&row->key, &secret, line.token);
    crypto_wipe(&secret, sizeof(secret));
    crypto_wipe(&line, sizeof(line));
    if (!len)
        return MUSTER_EENDPOINT;
    enum muster_error error = row_store(node, row);
    row->used = !error;
    *out = row;
    return error;
}

struct line_row *lines_named(struct lines *lines, const char *name, size_t *found)
{
    struct line_row *one = NULL;
    char hex[2 * HASH_BYTES + 1];
    size_t len = strlen(name);
    *found = 0;
    for (size_t i = 0; i < LINES_MAX; i++) {
        struct line_row *row = &lines->at[i];
        if (!row->used)
            continue;
        bool is = len >= 4 && strncmp(hex_from(hex, row->key.b, 32), name, len) == 0;
        if (!is && row->card)
            is = strcmp(row->agency_name, name) == 0 ||
                 (len >= 4 && strncmp(hex_from(hex, row->agency.b, HASH_BYTES), name, len) == 0);
        if (!is)
            continue;
        one = row;
        ++*found;
    }
    return *found == 1 ? one : NULL;
}

static struct line_row *row_of_key(struct lines *lines, const struct curve_public *key)
{
    for (size_t i = 0; i < LINES_MAX; i++)
        if (lines->at[i].used && memcmp(lines->at[i].key.b, key->b, sizeof(key->b)) == 0)
            return &lines->at[i];
    return NULL;
}

static struct line_row *row_of_conn(struct lines *lines, struct link_conn conn)
{
    for (size_t i = 0; conn.n && i < LINES_MAX; i++)
        if (lines->at[i].used && lines->at[i].conn.n == conn.n)
            return &lines->at[i];
    return NULL;
}

/* --- the door ------------------------------------------------------------------------------------------ */

bool lines_admit(struct lines *lines, const struct curve_public *key)
{
    return row_of_key(lines, key) != NULL;
}

static bool has_expired(const struct line_row *row)
{
    return row->state == KNOCK_OPEN && node_wall_ms() > row->expires_ms;
}

static void say(struct node *node, const struct line_row *row, enum knock_state state, enum muster_error why)
{
    uint8_t *bytes = malloc(KNOCK_ANSWER_MAX);
    struct knock_answer answer = {.state = state, .error = (uint16_t)why, .card = {node->own.card, node->own.card_len}};
    if (state == KNOCK_ACCEPTED)
        answer.invite = (struct bytes){row->invite, row->invite_len};
    size_t len = bytes ? knock_answer_write(bytes, &answer) : 0;
    if (row->conn.n && len && link_send(node->link, row->conn, bytes, len) != MUSTER_OK)
        link_close(node->link, row->conn); /* it calls again and is told then */
    free(bytes);
}

static void note(struct node *node, const char *event, const struct line_row *row, const struct agency_id *agency,
                 const char *text)
{
    audit_add_key(&node->audit, node_wall_ms(), event, agency, &row->key, text);
    journal_write(&node->journal, event, agency, text);
}

bool lines_up(struct node *node, struct link_conn conn, const struct curve_public *key)
{
    struct line_row *row = row_of_key(&node->lines, key);
    if (!row)
        return false;
    if (row->conn.n && row->conn.n != conn.n)
        link_close(node->link, row->conn); /* the newest one is answered */
    row->conn = conn;
    row->words = 0;
    row->conn_mono_ms = node_mono_ms();
    return true;
}

bool lines_down(struct node *node, struct link_conn conn)
{
    struct line_row *row = row_of_conn(&node->lines, conn);
    if (row)
        row->conn.n = 0;
    return row != NULL;
}

/* Says its state, or that it has ended. */
static void hello(struct node *node, struct line_row *row)
{
    if (!has_expired(row)) {
        say(node, row, KNOCK_OPEN, MUSTER_OK); /* who it is comes with the knock */
        return;
    }
    note(node, EVENT_NAME_LINE_REFUSED, row, NULL, "somebody came with a line that has expired");
    say(node, row, KNOCK_REFUSED, MUSTER_EEXPIRED);
}

static bool is_bound_to(const struct line_row *row, const struct card *card)
{
    return row->card && agency_id_eq(&row->agency, &card->agency) &&
           memcmp(row->keys.sign.b, card->node.b, sizeof(card->node.b)) == 0;
}

/* The first card that a line brings is the one that it is for. */
static void spend(struct node *node, struct line_row *row, const struct card *card, struct bytes bytes)
{
    char text[AUDIT_TEXT_BYTES];
    struct line_row before = *row;
    row->card = NULL;
    enum muster_error error = row_bind(row, card, bytes, node_wall_ms()) ? MUSTER_OK : MUSTER_EBUSY;
    row->state = KNOCK_WAITS;
    if (!error)
        error = row_store(node, row); /* before it is answered: the token is spent */
    if (error) {
        free(row->card);
        *row = before;
        say(node, row, KNOCK_REFUSED, error);
        return;
    }
    snprintf(text, sizeof(text), "%.100s of %.100s came with it", row->node_name, row->agency_name);
    note(node, EVENT_NAME_LINE_KNOCKED, row, &row->agency, text);
    say(node, row, KNOCK_WAITS, MUSTER_OK);
}

static void knock(struct node *node, struct line_row *row, const struct card *card, struct bytes bytes)
{
    if (agency_id_eq(&card->agency, &node->own.identity.agency)) {
        say(node, row, KNOCK_REFUSED, MUSTER_EWRONGPEER);
    } else if (has_expired(row)) {
        note(node, EVENT_NAME_LINE_REFUSED, row, &card->agency, "it came with a line that has expired");
        say(node, row, KNOCK_REFUSED, MUSTER_EEXPIRED);
    } else if (row->state == KNOCK_OPEN) {
        spend(node, row, card, bytes);
    } else if (!is_bound_to(row, card)) {
        row->others++;
        note(node, EVENT_NAME_LINE_REFUSED, row, &card->agency, "it came with a line that another node had used: who has it?");
        say(node, row, KNOCK_REFUSED, MUSTER_EWRONGPEER);
    } else {
        say(node, row, row->state, row->state == KNOCK_REFUSED ? MUSTER_EPERMISSION : MUSTER_OK);
    }
}

bool lines_message(struct node *node, struct link_conn conn, const uint8_t *message, size_t len)
{
    struct line_row *row = row_of_conn(&node->lines, conn);
    struct card *card = row ? malloc(sizeof(*card)) : NULL;
    struct bytes bytes;
    if (!row)
        return false;
    if (++row->words > LINE_WORDS_MAX || !card) {
        link_close(node->link, conn);
    } else if (len == sizeof(knock_hello) && memcmp(message, knock_hello, len) == 0) {
        hello(node, row);
    } else if (knock_read(card, &bytes, &node->own.keys.curve, &row->key, message, len) == MUSTER_OK) {
        knock(node, row, card, bytes);
    } else {
        note(node, EVENT_NAME_LINE_REFUSED, row, NULL, "what came with it is no card that holds");
        link_close(node->link, conn);
    }
    free(card);
    return true;
}

enum muster_error lines_accept(struct node *node, struct line_row *row, const void *invite, size_t len)
{
    enum knock_state before = row->state;
    uint8_t *copy = malloc(len);
    if (!copy)
        return MUSTER_EBUSY;
    memcpy(copy, invite, len);
    free(row->invite);
    row->invite = copy;
    row->invite_len = len;
    row->state = KNOCK_ACCEPTED;
    enum muster_error error = row_store(node, row);
    if (error)
        row->state = before;
    else
        say(node, row, KNOCK_ACCEPTED, MUSTER_OK);
    return error;
}

enum muster_error lines_refuse(struct node *node, struct line_row *row)
{
    enum knock_state before = row->state;
    row->state = KNOCK_REFUSED;
    enum muster_error error = row_store(node, row);
    if (error)
        row->state = before;
    else
        say(node, row, KNOCK_REFUSED, MUSTER_EPERMISSION);
    return error;
}

void lines_tick(struct node *node)
{
    uint64_t now = node_wall_ms(), mono = node_mono_ms();
    for (size_t i = 0; i < LINES_MAX; i++) {
        struct line_row *row = &node->lines.at[i];
        if (row->used && row->conn.n && mono - row->conn_mono_ms > LINE_IDLE_MS)
            link_close(node->link, row->conn);
        /* A clock that was set far ahead must not end a line that waits for a person. */
        if (row->used && row->state != KNOCK_WAITS && !row->conn.n && now > row->expires_ms + LINE_KEPT_MS)
            row_forget(node, row);
    }
}
