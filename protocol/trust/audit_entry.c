#include "protocol/trust/audit_entry.h"

#include "base/pack.h"
#include "base/text.h"

enum { ENTRY_VERSION = 1, ENTRY_ALGORITHM = 1, SIGNATURE_BYTES = 64, ENTRY_NODE_AT = 20 };
enum entry_key { EK_EVENT = 1, EK_AGENCY = 2, EK_DETAIL = 3, EK_BY = 4, EK_TIMES = 5, EK_REFUSED = 6, EK_KEY = 7 };

static const char ENTRY_DOMAIN[] = "muster/1/audit", HASH_DOMAIN[] = "muster/1/audit-entry",
                  FILE_DOMAIN[] = "muster/1/audit-file", EXPORT_DOMAIN[] = "muster/1/audit-export";
static const uint8_t file_magic[8] = "MUSTER1L"; /* version 1 */

_Static_assert(AUDIT_BODY_MAX >= AUDIT_EVENT_MAX + AUDIT_DETAIL_MAX + AUDIT_BY_MAX + 2 * HASH_BYTES + 40,
               "every body fits");

/* --- one entry ----------------------------------------------------------------------------------------- */

static bool key_none(const struct curve_public *key)
{
    static const struct curve_public none;
    return memcmp(key->b, none.b, sizeof(none.b)) == 0;
}

static void pack_clean(struct writer *w, enum entry_key key, const char *text, size_t max)
{
    char clean[AUDIT_DETAIL_MAX + 1];
    text_for_terminal(clean, max + 1, text, strlen(text));
    pack_uint(w, key);
    pack_text(w, clean, strlen(clean));
}

static size_t body_write(uint8_t *out, const struct audit_entry *entry)
{
    struct writer w = writer_over(out, AUDIT_BODY_MAX);
    bool agency = !agency_id_none(&entry->agency), key = !key_none(&entry->key);
    pack_map(&w, 2u + agency + (entry->by[0] != '\0') + (entry->times > 1) + entry->refused + key);
    pack_clean(&w, EK_EVENT, entry->event, AUDIT_EVENT_MAX);
    if (agency) {
        pack_uint(&w, EK_AGENCY);
        pack_bytes(&w, entry->agency.b, HASH_BYTES);
    }
    pack_clean(&w, EK_DETAIL, entry->detail, AUDIT_DETAIL_MAX);
    if (entry->by[0])
        pack_clean(&w, EK_BY, entry->by, AUDIT_BY_MAX);
    if (entry->times > 1) {
        pack_uint(&w, EK_TIMES);
        pack_uint(&w, entry->times);
    }
    if (entry->refused) {
        pack_uint(&w, EK_REFUSED);
        pack_bool(&w, true);
    }
    if (key) {
        pack_uint(&w, EK_KEY);
        pack_bytes(&w, entry->key.b, sizeof(entry->key.b));
    }
    return writer_len(&w);
}

size_t audit_entry_write(uint8_t *out, const struct audit_entry *entry, const struct sign_secret *secret)
{
    uint8_t body[AUDIT_BODY_MAX];
    size_t body_len = body_write(body, entry);
    struct writer w = writer_over(out, AUDIT_ENTRY_MAX);
    writer_u8(&w, ENTRY_VERSION);
    writer_u8(&w, ENTRY_ALGORITHM);
    writer_u16(&w, 0);
    writer_u64(&w, entry->number);
    writer_u64(&w, entry->time_ms);
    writer_put(&w, entry->node.b, sizeof(entry->node.b));
    writer_put(&w, entry->prev.b, HASH_BYTES);
    writer_u16(&w, (uint16_t)body_len);
    writer_put(&w, body, body_len);
    struct bytes covered = {out, writer_len(&w)};
    struct signature signature;
    crypto_sign_parts(&signature, secret, ENTRY_DOMAIN, &covered, 1);
    writer_put(&w, signature.b, sizeof(signature.b));
    return writer_len(&w);
}

static bool take_text(char *out, size_t max, struct bytes map, enum entry_key key, bool must)
{
    struct pack_value value;
    out[0] = '\0';
    if (!pack_get(map, key, &value))
        return !must;
    if (value.type != PACK_TEXT || value.u.run.len > max)
        return false;
    memcpy(out, value.u.run.at, value.u.run.len);
    out[value.u.run.len] = '\0';
    return true;
}

static bool take_hash(void *out, struct bytes map, enum entry_key key)
{
    struct pack_value value;
    return !pack_get(map, key, &value) || pack_get_fixed(map, key, out, HASH_BYTES);
}

static enum muster_error body_read(struct audit_entry *out, struct bytes body)
{
    struct pack_value value;
    enum muster_error error = pack_check(body.at, body.len);
    if (error)
        return error;
    out->times = 1;
    bool ok = take_text(out->event, AUDIT_EVENT_MAX, body, EK_EVENT, true) &&
              take_text(out->detail, AUDIT_DETAIL_MAX, body, EK_DETAIL, true) &&
              take_text(out->by, AUDIT_BY_MAX, body, EK_BY, false) && take_hash(out->agency.b, body, EK_AGENCY) &&
              take_hash(out->key.b, body, EK_KEY);
    if (ok && pack_get(body, EK_TIMES, &value))
        ok = pack_get_uint(body, EK_TIMES, &out->times) && out->times > 0;
    if (ok && pack_get(body, EK_REFUSED, &value)) {
        ok = value.type == PACK_BOOL;
        out->refused = ok && value.u.boolean;
    }
    return ok ? MUSTER_OK : MUSTER_EBADVALUE;
}

enum muster_error audit_entry_read(struct audit_entry *out, const void *bytes, size_t len)
{
    struct audit_entry entry = {.number = 0};
    struct cursor c = cursor_over(bytes, len);
    struct signature signature;
    if (len > AUDIT_ENTRY_MAX)
        return MUSTER_ETOOBIG;
    uint8_t version = cursor_u8(&c), algorithm = cursor_u8(&c);
    uint16_t reserved = cursor_u16(&c);
    entry.number = cursor_u64(&c);
    entry.time_ms = cursor_u64(&c);
    cursor_copy(&c, entry.node.b, sizeof(entry.node.b));
    cursor_copy(&c, entry.prev.b, HASH_BYTES);
    uint16_t body_len = cursor_u16(&c);
    struct bytes body = {cursor_take(&c, body_len), body_len};
    if (c.failed)
        return MUSTER_ETRUNCATED;
    struct bytes covered = {bytes, len - cursor_left(&c)};
    cursor_copy(&c, signature.b, sizeof(signature.b));
    enum muster_error error = cursor_end(&c);
    if (error)
        return error;
    if (version != ENTRY_VERSION)
        return MUSTER_EVERSION;
    if (algorithm != ENTRY_ALGORITHM)
        return MUSTER_EALGORITHM;
    if (reserved || body_len > AUDIT_BODY_MAX || !entry.number)
        return MUSTER_EBADVALUE;
    error = crypto_verify_parts(&signature, &entry.node, ENTRY_DOMAIN, &covered, 1);
    if (!error)
        error = body_read(&entry, body);
    if (!error)
        *out = entry;
    return error;
}

struct hash audit_entry_hash(const void *bytes, size_t len)
{
    return crypto_hash1(HASH_DOMAIN, bytes, len);
}

enum muster_error audit_chain_take(struct audit_chain *chain, const void *bytes, size_t len, struct audit_entry *out)
{
    struct audit_entry entry = {.number = 0};
    enum muster_error error = audit_entry_read(&entry, bytes, len);
    if (!error && chain->next && (entry.number != chain->next || !hash_eq(&entry.prev, &chain->prev)))
        error = MUSTER_ECHAIN;
    if (!error && entry.number == 1 && !hash_none(&entry.prev))
        error = MUSTER_ECHAIN;
    chain->count++;
    chain->next = entry.number ? entry.number + 1 : chain->next ? chain->next + 1 : 0;
    chain->prev = audit_entry_hash(bytes, len);
    *out = entry;
    return error;
}

/* --- a file of them ------------------------------------------------------------------------------------ */

void audit_file_begin(struct writer *w, struct bytes card, uint32_t count)
{
    writer_put(w, file_magic, sizeof(file_magic));
    writer_u16(w, (uint16_t)card.len);
    writer_put(w, card.at, card.len);
    writer_u32(w, count);
}

void audit_file_entry(struct writer *w, struct bytes entry)
{
    writer_u16(w, (uint16_t)entry.len);
    writer_put(w, entry.at, entry.len);
}

size_t audit_file_end(struct writer *w, uint64_t now_ms, const struct sign_secret *secret)
{
    writer_u64(w, now_ms);
    if (w->failed)
        return 0;
    struct hash hash = crypto_hash1(FILE_DOMAIN, w->start, writer_len(w));
    struct bytes covered = {hash.b, HASH_BYTES};
    struct signature signature;
    crypto_sign_parts(&signature, secret, EXPORT_DOMAIN, &covered, 1);
    writer_put(w, signature.b, sizeof(signature.b));
    return w->failed ? 0 : writer_len(w);
}

bool audit_file_is(const void *bytes, size_t len)
{
    return len >= sizeof(file_magic) && memcmp(bytes, file_magic, sizeof(file_magic)) == 0;
}

/* The parts of the file and its closing signature. */
static enum muster_error parts_read(struct audit_file *out, const void *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct signature signature;
    (void)cursor_take(&c, sizeof(file_magic));
    uint16_t card_len = cursor_u16(&c);
    const uint8_t *card = cursor_take(&c, card_len);
    uint32_t count = cursor_u32(&c);
    size_t from = len - cursor_left(&c);
    if (c.failed)
        return MUSTER_ETRUNCATED;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t entry_len = cursor_u16(&c);
        (void)cursor_take(&c, entry_len);
        if (c.failed)
            return MUSTER_ETRUNCATED;
    }
    out->count = count;
    out->entries = (struct bytes){(const uint8_t *)bytes + from, len - cursor_left(&c) - from};
    out->made_ms = cursor_u64(&c);
    struct hash hash = crypto_hash1(FILE_DOMAIN, bytes, c.failed ? 0 : len - cursor_left(&c));
    cursor_copy(&c, signature.b, sizeof(signature.b));
    enum muster_error error = cursor_end(&c);
    struct bytes covered = {hash.b, HASH_BYTES};
    if (!error)
        error = card_read(&out->card, card, card_len);
    return error ? error : crypto_verify_parts(&signature, &out->card.node, EXPORT_DOMAIN, &covered, 1);
}

/* The bytes of the entry at *at, which moves behind it. */
static struct bytes entry_at(const struct audit_file *file, size_t *at)
{
    struct cursor c = cursor_over(file->entries.at + *at, file->entries.len - *at);
    uint16_t len = cursor_u16(&c);
    struct bytes entry = {cursor_take(&c, len), len};
    *at += 2u + len;
    return entry;
}

enum muster_error audit_file_read(struct audit_file *out, const void *bytes, size_t len, uint64_t *number)
{
    struct audit_chain chain = {.count = 0};
    size_t at = 0;
    *number = 0;
    if (len > AUDIT_EXPORT_MAX)
        return MUSTER_ETOOBIG;
    if (!audit_file_is(bytes, len))
        return MUSTER_EVERSION;
    enum muster_error error = parts_read(out, bytes, len);
    /* A broken entry is named though the closing signature has failed already: that is what the reader wants to know. */
    if (error && error != MUSTER_ESIGNATURE)
        return error;
    while (at < out->entries.len) {
        struct audit_entry entry;
        struct bytes one = entry_at(out, &at);
        uint64_t expected = chain.next;
        enum muster_error wrong = audit_chain_take(&chain, one.at, one.len, &entry);
        if (!wrong && !error && !identity_node(&out->card.identity, &entry.node))
            wrong = MUSTER_EUNKNOWN_NODE;
        if (wrong) {
            *number = expected ? expected : entry.number ? entry.number : chain.count;
            return wrong;
        }
    }
    return error;
}

bool audit_file_next(const struct audit_file *file, size_t *at, struct audit_entry *out)
{
    if (*at >= file->entries.len)
        return false;
    struct bytes one = entry_at(file, at);
    return audit_entry_read(out, one.at, one.len) == MUSTER_OK;
}
