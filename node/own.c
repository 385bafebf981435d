#include "node/own_inner.h"

#include "base/pack.h"
#include "base/text.h"
#include "crypto/keyfile.h"
#include "lang/lang.h"
#include "protocol/trust/statement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STATEMENTS[] = "own.statements", CARD[] = "own.card", SETTINGS[] = "own.settings";
enum own_setting { OS_LISTEN = 1, OS_ADVERTISE = 2, OS_CONTACT = 3, OS_CARD_NUMBER = 4 };

void own_clear(struct own *own)
{
    crypto_wipe(own, sizeof(*own));
}

void own_roots_clear(struct own_roots *roots)
{
    crypto_wipe(roots, sizeof(*roots));
}

/* --- making ------------------------------------------------------------------------------------------- */

enum muster_error own_name_check(const char *what, const char *name, struct trouble *trouble)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_BYTES_MAX)
        return trouble_set(trouble, MUSTER_EBADVALUE, "the %s's name has %zu bytes, not 1 to %d", what, len,
                           NAME_BYTES_MAX);
    if (!text_is_utf8(name, len))
        return trouble_set(trouble, MUSTER_EUTF8, "the %s's name is not UTF-8", what);
    if (text_control(name, len))
        return trouble_set(trouble, MUSTER_EBADVALUE, "the %s's name holds a control character", what);
    return MUSTER_OK;
}

static bool country_fits(const char *country)
{
    return !country[0] ||
           (strlen(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z');
}

enum muster_error own_make(struct own *own, struct own_roots *roots, const struct own_request *request, uint64_t now_ms,
                           struct trouble *trouble)
{
    enum muster_error error = own_name_check("agency", request->agency, trouble);
    if (!error)
        error = own_name_check("node", request->node, trouble);
    if (!error && !country_fits(request->country))
        error = trouble_set(trouble, MUSTER_EBADVALUE,
                            "the country \"%.20s\" is not two capital letters, as in ES or CN", request->country);
    if (!error &&
        (strlen(request->contact) > OWN_CONTACT_MAX || !text_is_utf8(request->contact, strlen(request->contact))))
        error =
            trouble_set(trouble, MUSTER_ETOOBIG, "the contact is longer than %d bytes, or not UTF-8", OWN_CONTACT_MAX);
    if (error)
        return error;
    memset(own, 0, sizeof(*own));
    sign_keys(&roots->root, &roots->root_secret);
    sign_keys(&roots->next, &roots->next_secret);
    sign_keys(&own->keys.sign, &own->sign);
    box_keys(&own->keys.box, &own->box);
    curve_keys(&own->keys.curve, &own->curve);
    struct hash next = next_root_of(&roots->next);
    own->statement_lens[0] = statement_inception(own->statements[0], &own->identity, &roots->root, &roots->root_secret,
                                                 &next, request->agency, request->country, now_ms);
    own->statement_lens[1] = statement_node(own->statements[1], &own->identity, &roots->root_secret, &own->keys,
                                            request->node, now_ms + NODE_LIFE_MS, now_ms);
    own->statement_count = 2;
    if (!own->statement_lens[0] || !own->statement_lens[1])
        return trouble_set(trouble, MUSTER_ETOOBIG, "the agency's statements do not fit");
    memcpy(own->node_name, request->node, strlen(request->node) + 1);
    memcpy(own->contact, request->contact, strlen(request->contact) + 1);
    own->listen = request->listen;
    own->advertise = request->advertise;
    return MUSTER_OK;
}

static bool same_endpoints(const struct card *card, const struct endpoint_list *endpoints)
{
    if (card->endpoint_count != endpoints->count)
        return false;
    for (size_t i = 0; i < endpoints->count; i++)
        if (card->endpoints[i].len != strlen(endpoints->at[i]) ||
            memcmp(card->endpoints[i].at, endpoints->at[i], card->endpoints[i].len) != 0)
            return false;
    return true;
}

bool own_renew_card(struct own *own, const struct endpoint_list *endpoints, uint64_t now_ms)
{
    struct card *old = malloc(sizeof(*old));
    bool same = old && own->card_len && card_read(old, own->card, own->card_len) == MUSTER_OK &&
                old->statement_count == own->statement_count && same_endpoints(old, endpoints);
    free(old);
    if (same)
        return false;
    struct bytes statements[CARD_STATEMENTS_MAX];
    const char *texts[CARD_ENDPOINTS_MAX];
    for (size_t i = 0; i < own->statement_count; i++)
        statements[i] = (struct bytes){own->statements[i], own->statement_lens[i]};
    for (size_t i = 0; i < endpoints->count; i++)
        texts[i] = endpoints->at[i];
    own->card_len = card_make(own->card, &own->identity, statements, own->statement_count, &own->keys.sign, &own->sign,
                              texts, endpoints->count, own->contact, ++own->card_number, now_ms);
    return true;
}

/* --- files -------------------------------------------------------------------------------------------- */

int own_secrets_open(const char *data, bool make, struct trouble *trouble)
{
    char path[CONFIG_PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof(path), "%s/secrets", data);
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        trouble_set(trouble, MUSTER_EIO, "the directory %s cannot be made", path);
        trouble_why(trouble, "%s", lang_errno(errno));
        return -1;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) {
        trouble_set(trouble, MUSTER_EKEYFILE, "the directory %s cannot be opened", path);
        trouble_why(trouble, "%s", lang_errno(errno));
        return -1;
    }
    if (fstat(dir, &st) != 0 || (st.st_mode & 077)) {
        trouble_set(trouble, MUSTER_EMODE, "the directory %s can be used by others", path);
        trouble_do(trouble, "chmod 0700 %.200s, and consider the keys known to others", path);
        close(dir);
        return -1;
    }
    return dir;
}

enum muster_error own_key_trouble(enum muster_error error, const char *data, const char *name,
                                     struct trouble *trouble)
{
    if (!error)
        return error;
    if (error == MUSTER_EDUPLICATE) {
        trouble_set(trouble, error, "there is already a key %s/secrets/%s", data, name);
        trouble_why(trouble,
                    "an earlier init was interrupted, or the database beside it was lost; keys are never overwritten");
        trouble_do(trouble, "restore the database from a backup, or move the directory %.150s/secrets away", data);
    } else if (error == MUSTER_ENOTFOUND) {
        error = trouble_set(trouble, MUSTER_EKEYFILE, "the key file %s/secrets/%s is missing", data, name);
        trouble_why(trouble, "the database belongs to it, and a new key would be another node");
        trouble_do(trouble, "restore it from your safe, mode 0600; if it is lost for good: touch %.150s/secrets/certify-anew, start again, and "
                            "have the node certified anew: muster init --node NAME -O REQUEST", data);
    } else if (error == MUSTER_EMODE) {
        trouble_set(trouble, error, "the key file %s/secrets/%s can be read by others, or has another owner", data,
                    name);
        trouble_do(trouble, "chmod 0600 %.150s/secrets/%s, and consider the key known to others", data, name);
    } else {
        trouble_set(trouble,
                    error == MUSTER_EFULL || error == MUSTER_EIO || error == MUSTER_EBUSY ? error : MUSTER_EKEYFILE,
                    "the key file %s/secrets/%s cannot be used: %s", data, name, _(error_what(error)));
        error = trouble ? trouble->error : error;
    }
    return error;
}

void own_node_secret(const struct own *own, uint8_t out[NODE_SECRET_BYTES])
{
    memcpy(out, own->sign.b, 64);
    memcpy(out + 64, own->box.b, 32);
    memcpy(out + 96, own->curve.b, 32);
}

enum muster_error own_write_secrets(const struct own *own, const struct own_roots *roots, const char *data,
                                    struct trouble *trouble)
{
    uint8_t node[NODE_SECRET_BYTES];
    own_node_secret(own, node);
    const struct {
        const char *name, *purpose;
        const void *secret;
        size_t len;
    } files[] = {
        {ROOT_FILE, "agency-root", roots->root_secret.b, sizeof(roots->root_secret.b)},
        {NEXT_FILE, "agency-next", roots->next_secret.b, sizeof(roots->next_secret.b)},
        {NODE_FILE, "node", node, sizeof(node)},
    };
    int dir = own_secrets_open(data, true, trouble);
    enum muster_error error = dir < 0 ? trouble ? trouble->error : MUSTER_EIO : MUSTER_OK;
    for (size_t i = 0; i < ARRAY_LEN(files) && !error; i++)
        error = own_key_trouble(keyfile_write(dir, files[i].name, files[i].purpose, files[i].secret, files[i].len, NULL, 0),
                            data, files[i].name, trouble);
    crypto_wipe(node, sizeof(node));
    if (dir >= 0)
        close(dir);
    return error;
}

enum muster_error own_read_node_key(struct own *own, const char *data, struct trouble *trouble)
{
    uint8_t node[NODE_SECRET_BYTES];
    size_t len = 0;
    int dir = own_secrets_open(data, false, trouble);
    if (dir < 0)
        return trouble ? trouble->error : MUSTER_EKEYFILE;
    enum muster_error error = keyfile_read(dir, NODE_FILE, "node", node, sizeof(node), &len, NULL);
    if (!error && len != sizeof(node))
        error = MUSTER_EKEYFILE;
    close(dir);
    if (!error) {
        memcpy(own->sign.b, node, 64);
        memcpy(own->box.b, node + 64, 32);
        memcpy(own->curve.b, node + 96, 32);
        memcpy(own->keys.sign.b, node + 32, 32); /* the public half, as libsodium keeps it */
        box_public_of(&own->keys.box, &own->box);
        curve_public_of(&own->keys.curve, &own->curve);
    }
    crypto_wipe(node, sizeof(node));
    return own_key_trouble(error, data, NODE_FILE, trouble);
}

/* --- the store ------------------------------------------------------------------------------------------ */

static void pack_list(struct writer *w, uint64_t key, const struct endpoint_list *list)
{
    pack_uint(w, key);
    pack_array(w, (uint32_t)list->count);
    for (size_t i = 0; i < list->count; i++)
        pack_text(w, list->at[i], strlen(list->at[i]));
}

enum muster_error own_store(const struct own *own, struct store *store)
{
    uint8_t settings[OWN_SETTINGS_BYTES], *statements = malloc(CARD_STATEMENTS_MAX * (STATEMENT_BYTES_MAX + 2));
    if (!statements)
        return MUSTER_EBUSY;
    struct writer s = writer_over(statements, CARD_STATEMENTS_MAX * (STATEMENT_BYTES_MAX + 2));
    for (size_t i = 0; i < own->statement_count; i++) {
        writer_u16(&s, (uint16_t)own->statement_lens[i]);
        writer_put(&s, own->statements[i], own->statement_lens[i]);
    }
    struct writer w = writer_over(settings, sizeof(settings));
    pack_map(&w, 4);
    pack_list(&w, OS_LISTEN, &own->listen);
    pack_list(&w, OS_ADVERTISE, &own->advertise);
    pack_uint(&w, OS_CONTACT);
    pack_text(&w, own->contact, strlen(own->contact));
    pack_uint(&w, OS_CARD_NUMBER);
    pack_uint(&w, own->card_number);
    const struct change changes[] = {
        {T_META, {(const uint8_t *)STATEMENTS, sizeof(STATEMENTS) - 1}, {statements, writer_len(&s)}},
        {T_META, {(const uint8_t *)CARD, sizeof(CARD) - 1}, {own->card, own->card_len}},
        {T_META, {(const uint8_t *)SETTINGS, sizeof(SETTINGS) - 1}, {settings, writer_len(&w)}},
    };
    enum muster_error error = own->card_len && !w.failed && !s.failed
                                  ? store_commit(store, changes, ARRAY_LEN(changes), false)
                                  : MUSTER_ETOOBIG;
    free(statements);
    return error;
}

static enum muster_error meta(struct store *store, const char *name, struct bytes *out)
{
    const struct storage *storage = store_storage(store);
    return storage->get(storage->self, T_META, (struct bytes){(const uint8_t *)name, strlen(name)}, out);
}

static void read_list(struct endpoint_list *list, struct bytes settings, int64_t key, size_t max, bool listen)
{
    struct pack_value value, each;
    list->count = 0;
    if (!pack_get(settings, key, &value) || value.type != PACK_ARRAY)
        return;
    struct cursor c = cursor_over(value.whole.at, value.whole.len);
    if (!pack_next(&c, &value, true))
        return;
    while (pack_next(&c, &each, false)) {
        char text[ENDPOINT_BYTES_MAX];
        if (each.type != PACK_TEXT || each.u.run.len >= sizeof(text))
            continue;
        memcpy(text, each.u.run.at, each.u.run.len);
        text[each.u.run.len] = '\0';
        if (endpoint_list_add(list, max, text, listen, NULL) != MUSTER_OK)
            continue; /* of another version of this program: what it cannot read it does not use */
    }
}

static enum muster_error read_settings(struct own *own, struct bytes value)
{
    struct bytes contact;
    if (pack_check(value.at, value.len) != MUSTER_OK || !pack_get_uint(value, OS_CARD_NUMBER, &own->card_number))
        return MUSTER_EDAMAGED;
    read_list(&own->listen, value, OS_LISTEN, CONFIG_LISTEN_MAX, true);
    read_list(&own->advertise, value, OS_ADVERTISE, CARD_ENDPOINTS_MAX, false);
    if (pack_get_run(value, OS_CONTACT, &contact) && contact.len <= OWN_CONTACT_MAX) {
        memcpy(own->contact, contact.at, contact.len);
        own->contact[contact.len] = '\0';
    }
    return MUSTER_OK;
}

static enum muster_error read_statements(struct own *own, struct bytes value)
{
    struct cursor c = cursor_over(value.at, value.len);
    while (cursor_left(&c) && !c.failed && own->statement_count < CARD_STATEMENTS_MAX) {
        size_t len = cursor_u16(&c);
        const uint8_t *at = cursor_take(&c, len);
        if (!at || len > STATEMENT_BYTES_MAX)
            return MUSTER_EDAMAGED;
        memcpy(own->statements[own->statement_count], at, len);
        own->statement_lens[own->statement_count++] = len;
        enum muster_error error = identity_take(&own->identity, at, len);
        if (error)
            return error;
    }
    return cursor_end(&c);
}

enum muster_error own_load(struct own *own, struct store *store, const char *data, struct trouble *trouble)
{
    struct bytes value;
    memset(own, 0, sizeof(*own));
    enum muster_error error = meta(store, STATEMENTS, &value);
    if (error == MUSTER_ENOTFOUND)
        return error;
    if (!error)
        error = read_statements(own, value);
    if (!error)
        error = meta(store, SETTINGS, &value);
    if (!error)
        error = read_settings(own, value);
    if (!error)
        error = meta(store, CARD, &value);
    if (!error && value.len <= CARD_BYTES_MAX) {
        memcpy(own->card, value.at, value.len);
        own->card_len = value.len;
    }
    store_read_end(store);
    if (error) {
        trouble_set(trouble, MUSTER_EDAMAGED, "this node's own description in %s cannot be read: %s", data,
                    _(error_what(error)));
        return MUSTER_EDAMAGED;
    }
    error = own_read_node_key(own, data, trouble);
    const struct certified_node *node = error ? NULL : identity_node(&own->identity, &own->keys.sign);
    if (!error && (!node || memcmp(node->keys.curve.b, own->keys.curve.b, 32) != 0 ||
                   memcmp(node->keys.box.b, own->keys.box.b, 32) != 0)) {
        error = trouble_set(trouble, MUSTER_EKEYFILE, "the key file %s/secrets/%s is not the one of this database",
                            data, NODE_FILE);
        trouble_why(trouble, "the agency's statements certify another node");
    }
    if (!error)
        memcpy(own->node_name, node->name, sizeof(own->node_name));
    return error;
}
