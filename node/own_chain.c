/* own_chain.c — a node whose root key is elsewhere: its keys first, the agency's statements later and from outside. */
#include "node/own_inner.h"

#include "crypto/keyfile.h"
#include "lang/lang.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum muster_error own_enrol(struct own *own, const char *data, const char *name, struct trouble *trouble)
{
    uint8_t secret[NODE_SECRET_BYTES];
    struct trouble none = {.error = MUSTER_OK};
    enum muster_error error = own_name_check("node", name, trouble);
    if (error)
        return error;
    memset(own, 0, sizeof(*own));
    int dir = own_secrets_open(data, true, trouble);
    if (dir < 0)
        return trouble ? trouble->error : MUSTER_EIO;
    bool there = faccessat(dir, NODE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (there) {
        error = own_read_node_key(own, data, trouble ? trouble : &none);
    } else {
        sign_keys(&own->keys.sign, &own->sign);
        box_keys(&own->keys.box, &own->box);
        curve_keys(&own->keys.curve, &own->curve);
        own_node_secret(own, secret);
        error = own_key_trouble(keyfile_write(dir, NODE_FILE, "node", secret, sizeof(secret), NULL, 0), data, NODE_FILE, trouble);
        crypto_wipe(secret, sizeof(secret));
    }
    close(dir);
    if (!error)
        memcpy(own->node_name, name, strlen(name) + 1);
    return error;
}

/* Statements behind those that are there. */
static enum muster_error take_all(struct own *own, const struct bytes *statements, size_t count, struct trouble *trouble)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = own->statement_count;
        if (at == CARD_STATEMENTS_MAX)
            return trouble_set(trouble, MUSTER_ETOOBIG, "an agency makes at most %d statements in its life", CARD_STATEMENTS_MAX);
        enum muster_error error = identity_take(&own->identity, statements[i].at, statements[i].len);
        if (error == MUSTER_ECOMMITMENT)
            return trouble_set(trouble, error, "the new root key is not the one that the agency has committed to");
        if (error == MUSTER_ESIGNATURE)
            return trouble_set(trouble, MUSTER_EROOTKEY, "statement %zu is not signed by the agency's root key", at);
        if (error)
            return trouble_set(trouble, error, "statement %zu of the chain does not fit: %s", at, _(error_what(error)));
        memcpy(own->statements[at], statements[i].at, statements[i].len);
        own->statement_lens[at] = statements[i].len;
        own->statement_count++;
    }
    return MUSTER_OK;
}

/* The node that the chain certifies is this one, with all its keys. */
static enum muster_error find_self(struct own *own, struct trouble *trouble)
{
    const struct certified_node *node = identity_node(&own->identity, &own->keys.sign);
    if (!node || memcmp(node->keys.curve.b, own->keys.curve.b, 32) != 0 || memcmp(node->keys.box.b, own->keys.box.b, 32) != 0) {
        trouble_set(trouble, MUSTER_EUNKNOWN_NODE, "the card does not certify this node");
        trouble_why(trouble, "it may be of another request, or older than the certificate");
        trouble_do(trouble, "certify this node's own request: muster key certify REQUEST -o CARD");
        return MUSTER_EUNKNOWN_NODE;
    }
    memcpy(own->node_name, node->name, sizeof(own->node_name));
    return MUSTER_OK;
}

enum muster_error own_append(struct own *own, const struct bytes *statements, size_t count, struct trouble *trouble)
{
    struct own *next = malloc(sizeof(*next));
    if (!next)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for the statements");
    memcpy(next, own, sizeof(*next));
    enum muster_error error = take_all(next, statements, count, trouble);
    if (!error)
        error = find_self(next, trouble);
    size_t bytes = 0;
    for (size_t i = 0; i < next->statement_count; i++)
        bytes += next->statement_lens[i] + 2;
    if (!error && bytes + CARD_BODY_MAX + 256 > CARD_BYTES_MAX)
        error = trouble_set(trouble, MUSTER_ETOOBIG, "the agency's statements do not fit its card any more");
    if (!error)
        memcpy(own, next, sizeof(*own));
    crypto_wipe(next, sizeof(*next));
    free(next);
    return error;
}

enum muster_error own_adopt(struct own *own, const struct bytes *statements, size_t count, struct trouble *trouble)
{
    memset(&own->identity, 0, sizeof(own->identity));
    own->statement_count = 0;
    enum muster_error error = own_append(own, statements, count, trouble);
    const struct certified_node *node = error ? NULL : identity_node(&own->identity, &own->keys.sign);
    if (!error && node->revoked)
        error = trouble_set(trouble, MUSTER_EREVOKED, "the agency has revoked this node");
    return error;
}

static void anew_path(char out[CONFIG_PATH_MAX + 40], const char *data)
{
    snprintf(out, CONFIG_PATH_MAX + 40, "%s/secrets/certify-anew", data);
}

bool own_anew_wanted(const char *data)
{
    char path[CONFIG_PATH_MAX + 40];
    anew_path(path, data);
    return access(path, F_OK) == 0;
}

void own_anew_done(const char *data)
{
    char path[CONFIG_PATH_MAX + 40];
    anew_path(path, data);
    (void)unlink(path);
}

void own_root_path(char out[CONFIG_PATH_MAX + 40], const char *data, enum own_root which)
{
    snprintf(out, CONFIG_PATH_MAX + 40, "%s/secrets/%s", data, which == OWN_ROOT ? ROOT_FILE : NEXT_FILE);
    if (access(out, F_OK) != 0)
        out[0] = '\0';
}
