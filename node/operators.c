#include "node/operators.h"

#include "base/pack.h"
#include "crypto/keyfile.h"
#include "lang/lang.h"
#include "node/own_inner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char OPERATORS[] = "own.operators";
enum { FILE_NAME_BYTES = 32, FILE_DIGITS = 8 };

void operators_clear(struct operators *operators)
{
    crypto_wipe(operators, sizeof(*operators));
}

static void file_name(char out[FILE_NAME_BYTES], const struct sign_public *key)
{
    char digits[FILE_DIGITS + 1];
    snprintf(out, FILE_NAME_BYTES, "operator-%s.key", hex_from(digits, key->b, FILE_DIGITS / 2));
}

/* --- key files ----------------------------------------------------------------------------------------------- */

enum muster_error operator_make(const char *data, struct sign_public *key, struct trouble *trouble)
{
    struct sign_secret secret;
    char name[FILE_NAME_BYTES];
    int dir = own_secrets_open(data, true, trouble);
    if (dir < 0)
        return trouble ? trouble->error : MUSTER_EIO;
    sign_keys(key, &secret);
    file_name(name, key);
    enum muster_error error =
        own_key_trouble(keyfile_write(dir, name, "operator", secret.b, sizeof(secret.b), NULL, 0), data, name, trouble);
    crypto_wipe(&secret, sizeof(secret));
    close(dir);
    return error;
}

static enum muster_error read_secret(const char *data, struct write_operator *keys, struct trouble *trouble)
{
    char name[FILE_NAME_BYTES];
    size_t len = 0;
    int dir = own_secrets_open(data, false, trouble);
    if (dir < 0)
        return trouble ? trouble->error : MUSTER_EKEYFILE;
    file_name(name, &keys->key);
    enum muster_error error = keyfile_read(dir, name, "operator", keys->secret.b, sizeof(keys->secret.b), &len, NULL);
    close(dir);
    /* The public half, as libsodium keeps it behind the seed. */
    if (!error && (len != sizeof(keys->secret.b) || memcmp(keys->secret.b + 32, keys->key.b, sizeof(keys->key.b)) != 0))
        error = MUSTER_EKEYFILE;
    return own_key_trouble(error, data, name, trouble);
}

/* --- who is whom --------------------------------------------------------------------------------------------- */

static enum muster_error store_map(const struct operators *operators, struct store *store)
{
    uint8_t value[AGENCY_OPERATORS_MAX * 48];
    struct writer w = writer_over(value, sizeof(value));
    pack_array(&w, (uint32_t)operators->count);
    for (size_t i = 0; i < operators->count; i++) {
        pack_array(&w, 2);
        pack_uint(&w, operators->at[i].uid);
        pack_bytes(&w, operators->at[i].keys.key.b, sizeof(operators->at[i].keys.key.b));
    }
    const struct change change = {T_META, {(const uint8_t *)OPERATORS, sizeof(OPERATORS) - 1}, {value, writer_len(&w)}};
    return w.failed ? MUSTER_ETOOBIG : store_commit(store, &change, 1, false);
}

static void read_map(struct operators *operators, struct bytes value)
{
    struct pack_value each, uid, key;
    struct cursor c = cursor_over(value.at, value.len);
    if (pack_check(value.at, value.len) != MUSTER_OK || !pack_next(&c, &each, true) || each.type != PACK_ARRAY)
        return;
    while (cursor_left(&c) && pack_next(&c, &each, false) && operators->count < AGENCY_OPERATORS_MAX) {
        struct cursor in = cursor_over(each.whole.at, each.whole.len);
        struct node_operator *row = &operators->at[operators->count];
        if (each.type != PACK_ARRAY || !pack_next(&in, &each, true) || !pack_next(&in, &uid, false) ||
            !pack_next(&in, &key, false) || uid.type != PACK_UINT || key.type != PACK_BYTES ||
            key.u.run.len != sizeof(row->keys.key.b))
            continue;
        row->uid = (unsigned)uid.u.uint;
        memcpy(row->keys.key.b, key.u.run.at, sizeof(row->keys.key.b));
        operators->count++;
    }
}

enum muster_error operators_load(struct operators *operators, struct store *store, const char *data, struct trouble *trouble)
{
    const struct storage *storage = store_storage(store);
    struct bytes value;
    enum muster_error first = MUSTER_OK;
    operators_clear(operators);
    if (storage->get(storage->self, T_META, (struct bytes){(const uint8_t *)OPERATORS, sizeof(OPERATORS) - 1}, &value) == MUSTER_OK)
        read_map(operators, value);
    store_read_end(store);
    for (size_t i = 0; i < operators->count;) {
        struct trouble here;
        enum muster_error error = read_secret(data, &operators->at[i].keys, &here);
        if (error && !first) {
            first = error;
            *trouble = here;
        }
        if (error)
            operators->at[i] = operators->at[--operators->count];
        else
            i++;
    }
    return first;
}

enum muster_error operator_map(struct operators *operators, struct store *store, const char *data, unsigned uid,
                               const struct sign_public *key, struct trouble *trouble)
{
    struct operators before = *operators;
    struct node_operator row = {.uid = uid};
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < operators->count; i++)
        if (operators->at[i].uid == uid) {
            operators->at[i] = operators->at[--operators->count];
            break;
        }
    if (key) {
        row.keys.key = *key;
        error = read_secret(data, &row.keys, trouble);
        if (!error && operators->count == AGENCY_OPERATORS_MAX)
            error = trouble_set(trouble, MUSTER_ETOOBIG, "there are %d operators on this node already", AGENCY_OPERATORS_MAX);
        if (!error)
            operators->at[operators->count++] = row;
    }
    if (!error) {
        error = store_map(operators, store);
        if (error)
            trouble_set(trouble, error, "who is whom cannot be stored: %s", _(error_what(error)));
    }
    if (error)
        *operators = before;
    crypto_wipe(&before, sizeof(before));
    crypto_wipe(&row, sizeof(row));
    return error;
}

const struct node_operator *operator_of(const struct operators *operators, unsigned uid)
{
    for (size_t i = 0; i < operators->count; i++)
        if (operators->at[i].uid == uid)
            return &operators->at[i];
    return NULL;
}

/* --- what they may do ------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    uint64_t role;
} role_rows[] = {
    {"viewer",   ROLE_VIEWER  }, {"coordinator", ROLE_COORDINATOR},
    {"approver", ROLE_APPROVER}, {"admin",       ROLE_ADMIN      },
};

/* The first row that fits; of a path the beginning, or with a '*' in front the end.  What writes and fits none is a
 * coordinator's. */
static const struct {
    const char *path;
    uint64_t roles;
} needs[] = {
    {"/v1/pending",      ROLE_ADMIN}, /* before the endings: who accepts a newcomer adds a member */
    {"*/approve",        ROLE_APPROVER | ROLE_ADMIN},
    {"*/accept",         ROLE_APPROVER | ROLE_COORDINATOR},
    {"/v1/spaces",       ROLE_ADMIN},
    {"/v1/lines",        ROLE_ADMIN},
    {"/v1/init",         ROLE_ADMIN},
    {"/v1/identity",     ROLE_ADMIN},
    {"/v1/operators",    ROLE_ADMIN},
    {"/v1/invite",       ROLE_ADMIN},
    {"/v1/join",         ROLE_ADMIN},
    {"/v1/peers",        ROLE_ADMIN},
    {"/v1/records",      ROLE_COORDINATOR | ROLE_APPROVER},
    {"/v1/card",         0},
    {"/v1/bundles/show", 0},
    {"/v1/audit",        ROLE_ADMIN},
    {"/v1/check",        ROLE_ADMIN},
    {"/v1/backup",       ROLE_ADMIN},
    {"/v1/compact",      ROLE_ADMIN},
    {"/v1/upgrade",      ROLE_ADMIN},
};

uint64_t role_needed(const char *method, const char *path)
{
    if (strcmp(method, "GET") == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        const char *part = needs[i].path;
        size_t len = strlen(part), whole = strlen(path);
        if (part[0] == '*' ? whole >= len - 1 && strcmp(path + whole - (len - 1), part + 1) == 0
                           : strncmp(path, part, len) == 0)
            return needs[i].roles;
    }
    return ROLE_COORDINATOR;
}

void role_names(char out[64], uint64_t roles)
{
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(role_rows); i++)
        if (roles & role_rows[i].role) {
            size_t used = strlen(out);
            snprintf(out + used, 64 - used, "%s%s", used ? ", " : "", role_rows[i].name);
        }
    if (!out[0])
        snprintf(out, 64, "none");
}

uint64_t role_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(role_rows); i++)
        if (strcmp(role_rows[i].name, name) == 0)
            return role_rows[i].role;
    return 0;
}
