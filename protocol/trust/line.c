#include "protocol/trust/line.h"

static const char PREFIX[] = "MUSTER1:", SCHEME[] = "tcp://";
static const char LINE_DOMAIN[] = "muster/1/line", NODE_DOMAIN[] = "muster/1/line-node", KEY_DOMAIN[] = "muster/1/line-key",
                  KNOCK_DOMAIN[] = "muster/1/line-knock";
const uint8_t knock_hello[8] = "MUSTER1H";
static const uint8_t knock_magic[8] = "MUSTER1K", answer_magic[8] = "MUSTER1A";
enum { CHECK_BYTES = 4, MAGIC_BYTES = 8, SIGNATURE_BYTES = 64 };

_Static_assert(LINE_PREFIX_CHARS + LINE_BASE32_CHARS + 1 + LINE_PLACE_MAX == LINE_TEXT_MAX, "a line fits its screen");

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Has it a place in HOST:PORT of a line? */
static bool fits_place(char c)
{
    c = upper(c);
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '+';
}

/* --- the text ------------------------------------------------------------------------------------------ */

void line_node_hash(uint8_t out[LINE_NODE_BYTES], const struct agency_id *agency, const struct sign_public *node)
{
    struct hash hash = crypto_hash2(NODE_DOMAIN, agency->b, HASH_BYTES, node->b, sizeof(node->b));
    memcpy(out, hash.b, LINE_NODE_BYTES);
}

/* HOST:PORT as the line has it: upper case, brackets as plus signs.  False if a character has no place in it. */
static bool place_of(char out[LINE_PLACE_MAX + 1], const char *endpoint)
{
    size_t n = 0, skip = sizeof(SCHEME) - 1;
    if (strncmp(endpoint, SCHEME, skip) != 0)
        return false;
    for (const char *at = endpoint + skip; *at; at++) {
        char c = *at == '[' || *at == ']' ? '+' : upper(*at);
        if (!fits_place(c) || n == LINE_PLACE_MAX)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return n > 0;
}

static void check_of(uint8_t out[CHECK_BYTES], const uint8_t raw[LINE_RAW_BYTES], const char *place)
{
    struct hash hash = crypto_hash2(LINE_DOMAIN, raw, LINE_RAW_BYTES - CHECK_BYTES, place, strlen(place));
    memcpy(out, hash.b, CHECK_BYTES);
}

size_t line_write(char *out, const struct line *line)
{
    uint8_t raw[LINE_RAW_BYTES];
    char place[LINE_PLACE_MAX + 1], base[LINE_BASE32_CHARS + 1];
    out[0] = '\0';
    if (!place_of(place, line->endpoint))
        return 0;
    struct writer w = writer_over(raw, sizeof(raw));
    writer_put(&w, line->node.b, sizeof(line->node.b));
    writer_put(&w, line->is, LINE_NODE_BYTES);
    writer_put(&w, line->token, LINE_TOKEN_BYTES);
    writer_u32(&w, line->expires_minutes);
    check_of(raw + LINE_RAW_BYTES - CHECK_BYTES, raw, place);
    base32_from(base, raw, sizeof(raw));
    crypto_wipe(raw, sizeof(raw));
    for (char *at = base; *at; at++)
        *at = upper(*at);
    w = writer_over(out, LINE_TEXT_MAX);
    writer_put(&w, PREFIX, LINE_PREFIX_CHARS);
    writer_put(&w, base, LINE_BASE32_CHARS);
    writer_u8(&w, '/');
    writer_put(&w, place, strlen(place));
    out[writer_len(&w)] = '\0';
    return writer_len(&w);
}

/* Upper case without white space; ETOOBIG beyond what a line has. */
static enum muster_error squeeze(char out[LINE_TEXT_MAX + 1], const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (n == LINE_TEXT_MAX)
            return MUSTER_ETOOBIG;
        out[n++] = upper(c);
    }
    out[n] = '\0';
    return MUSTER_OK;
}

/* tcp://HOST:PORT out of the line's form: a first plus sign opens a bracket, the next one closes it. */
static bool endpoint_of(char *out, size_t size, const char *place)
{
    size_t n = sizeof(SCHEME) - 1;
    memcpy(out, SCHEME, n);
    bool open = false;
    for (const char *at = place; *at && n + 1 < size; at++) {
        char c = lower(*at);
        if (!fits_place(c))
            return false;
        if (c == '+') {
            c = open ? ']' : '[';
            open = true;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return place[0] != '\0';
}

enum muster_error line_read(struct line *out, const char *text, size_t len)
{
    char plain[LINE_TEXT_MAX + 1];
    uint8_t raw[LINE_RAW_BYTES + 1], check[CHECK_BYTES];
    struct line line = {.expires_minutes = 0};
    enum muster_error error = squeeze(plain, text, len);
    if (strncmp(plain, PREFIX, 6) != 0)
        return MUSTER_ENOTFOUND;
    if (error)
        return error;
    if (strncmp(plain, PREFIX, LINE_PREFIX_CHARS) != 0)
        return MUSTER_EVERSION;
    char *slash = strchr(plain, '/'), *base = plain + LINE_PREFIX_CHARS;
    if (!slash || slash - base < LINE_BASE32_CHARS)
        return MUSTER_ETRUNCATED;
    *slash = '\0';
    long got = base32_to(raw, sizeof(raw), base);
    if (got != LINE_RAW_BYTES)
        return got < 0 ? MUSTER_EBADVALUE : MUSTER_ETOOBIG;
    if (slash[-1] != '0' && slash[-1] != 'O' && slash[-1] != 'G')
        return MUSTER_EBADVALUE; /* the last character has one bit; the others are zero */
    if (!endpoint_of(line.endpoint, sizeof(line.endpoint), slash + 1))
        return MUSTER_EBADVALUE;
    check_of(check, raw, slash + 1);
    if (memcmp(check, raw + LINE_RAW_BYTES - CHECK_BYTES, CHECK_BYTES) != 0)
        return MUSTER_EHASH;
    struct cursor c = cursor_over(raw, LINE_RAW_BYTES);
    cursor_copy(&c, line.node.b, sizeof(line.node.b));
    cursor_copy(&c, line.is, LINE_NODE_BYTES);
    cursor_copy(&c, line.token, LINE_TOKEN_BYTES);
    line.expires_minutes = cursor_u32(&c);
    *out = line;
    crypto_wipe(raw, sizeof(raw));
    return MUSTER_OK;
}

void line_keys(struct curve_public *public_key, struct curve_secret *secret_key, const uint8_t token[LINE_TOKEN_BYTES])
{
    struct hash hash = crypto_hash1(KEY_DOMAIN, token, LINE_TOKEN_BYTES);
    memcpy(secret_key->b, hash.b, sizeof(secret_key->b));
    curve_public_of(public_key, secret_key);
    crypto_wipe(&hash, sizeof(hash));
}

/* --- the knock and its answer -------------------------------------------------------------------------- */

size_t knock_write(uint8_t out[KNOCK_BYTES_MAX], const struct curve_public *called, const struct curve_public *line,
                   struct bytes card, const struct sign_secret *node)
{
    struct writer w = writer_over(out, KNOCK_BYTES_MAX);
    struct bytes parts[3] = {{called->b, sizeof(called->b)}, {line->b, sizeof(line->b)}, card};
    struct signature signature;
    crypto_sign_parts(&signature, node, KNOCK_DOMAIN, parts, 3);
    writer_put(&w, knock_magic, MAGIC_BYTES);
    writer_u16(&w, (uint16_t)card.len);
    writer_put(&w, card.at, card.len);
    writer_put(&w, signature.b, SIGNATURE_BYTES);
    return writer_len(&w);
}

static enum muster_error magic_take(struct cursor *c, const uint8_t magic[MAGIC_BYTES])
{
    const uint8_t *got = cursor_take(c, MAGIC_BYTES);
    return !got ? MUSTER_ETRUNCATED : memcmp(got, magic, MAGIC_BYTES) != 0 ? MUSTER_EVERSION : MUSTER_OK;
}

enum muster_error knock_read(struct card *card, struct bytes *bytes, const struct curve_public *called,
                             const struct curve_public *line, const void *message, size_t len)
{
    struct cursor c = cursor_over(message, len);
    struct signature signature;
    enum muster_error error = magic_take(&c, knock_magic);
    if (error)
        return error;
    uint16_t card_len = cursor_u16(&c);
    *bytes = (struct bytes){cursor_take(&c, card_len), card_len};
    cursor_copy(&c, signature.b, SIGNATURE_BYTES);
    error = cursor_end(&c);
    if (!error)
        error = card_read(card, bytes->at, bytes->len);
    struct bytes parts[3] = {{called->b, sizeof(called->b)}, {line->b, sizeof(line->b)}, *bytes};
    return error ? error : crypto_verify_parts(&signature, &card->node, KNOCK_DOMAIN, parts, 3);
}

size_t knock_answer_write(uint8_t out[KNOCK_ANSWER_MAX], const struct knock_answer *answer)
{
    struct writer w = writer_over(out, KNOCK_ANSWER_MAX);
    writer_put(&w, answer_magic, MAGIC_BYTES);
    writer_u8(&w, (uint8_t)answer->state);
    writer_u16(&w, answer->error);
    writer_u16(&w, (uint16_t)answer->card.len);
    writer_put(&w, answer->card.at, answer->card.len);
    writer_u32(&w, (uint32_t)answer->invite.len);
    writer_put(&w, answer->invite.at, answer->invite.len);
    return writer_len(&w);
}

enum muster_error knock_answer_read(struct knock_answer *out, struct card *card, const struct line *line,
                                    const void *message, size_t len)
{
    struct cursor c = cursor_over(message, len);
    struct knock_answer answer = {.state = KNOCK_WAITS};
    uint8_t is[LINE_NODE_BYTES];
    enum muster_error error = magic_take(&c, answer_magic);
    if (error)
        return error;
    uint8_t state = cursor_u8(&c);
    answer.error = cursor_u16(&c);
    uint16_t card_len = cursor_u16(&c);
    answer.card = (struct bytes){cursor_take(&c, card_len), card_len};
    uint32_t invite_len = cursor_u32(&c);
    if (c.failed)
        return MUSTER_ETRUNCATED;
    if (invite_len > KNOCK_INVITE_MAX)
        return MUSTER_ETOOBIG;
    answer.invite = (struct bytes){cursor_take(&c, invite_len), invite_len};
    error = cursor_end(&c);
    if (error)
        return error;
    if (state > KNOCK_REFUSED || (state == KNOCK_ACCEPTED) != (invite_len > 0))
        return MUSTER_EBADVALUE;
    answer.state = state;
    error = card_read(card, answer.card.at, answer.card.len);
    if (error)
        return error;
    line_node_hash(is, &card->agency, &card->node);
    const struct certified_node *node = identity_node(&card->identity, &card->node);
    if (!node || memcmp(is, line->is, LINE_NODE_BYTES) != 0 ||
        memcmp(node->keys.curve.b, line->node.b, sizeof(line->node.b)) != 0)
        return MUSTER_EWRONGPEER;
    *out = answer;
    return MUSTER_OK;
}
