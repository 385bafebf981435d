#include "node/invite.h"

#include "base/pack.h"

enum invite_key { IK_SPACE = 1, IK_CARD = 2, IK_RIGHT = 3, IK_NAME = 4, IK_INVITED = 5, IK_ISSUED = 6 };
static const char INVITE_DOMAIN[] = "muster/1/invite";
static const uint8_t invite_magic[8] = "MUSTER1I"; /* version 1 */
enum { INVITE_HEAD = sizeof(invite_magic) + 32 };

size_t invite_write(const struct own *own, const struct invite *invite, uint64_t now_ms, uint8_t *out)
{
    uint8_t plain[INVITE_PLAIN_MAX + 64];
    struct writer w = writer_over(plain, INVITE_PLAIN_MAX);
    pack_map(&w, 6);
    pack_uint(&w, IK_SPACE);
    pack_bytes(&w, invite->space.b, HASH_BYTES);
    pack_uint(&w, IK_CARD);
    pack_bytes(&w, own->card, own->card_len);
    pack_uint(&w, IK_RIGHT);
    pack_uint(&w, invite->right);
    pack_uint(&w, IK_NAME);
    pack_text(&w, invite->space_name, strlen(invite->space_name));
    pack_uint(&w, IK_INVITED);
    pack_bytes(&w, invite->agency.b, HASH_BYTES);
    pack_uint(&w, IK_ISSUED);
    pack_uint(&w, now_ms);
    size_t len = writer_len(&w);
    struct bytes part = {plain, len};
    struct signature signature;
    crypto_sign_parts(&signature, &own->sign, INVITE_DOMAIN, &part, 1);
    memcpy(plain + len, signature.b, sizeof(signature.b));
    memcpy(out, invite_magic, sizeof(invite_magic));
    memcpy(out + sizeof(invite_magic), invite->keys.sign.b, 32);
    if (!len || box_seal(out + INVITE_HEAD, plain, len + 64, &invite->keys.box) != MUSTER_OK)
        return 0;
    return INVITE_HEAD + len + 64 + BOX_SEAL_BYTES;
}

enum muster_error invite_read(const struct own *own, struct joining *j, size_t len, struct card *card, struct bytes *inviter)
{
    struct bytes name = {NULL, 0}, plain;
    struct agency_id invited_id;
    struct signature signature;
    if (len < INVITE_HEAD + 64 + BOX_SEAL_BYTES)
        return MUSTER_ETRUNCATED;
    if (memcmp(j->bytes, invite_magic, sizeof(invite_magic)) != 0)
        return MUSTER_EVERSION;
    if (memcmp(j->bytes + sizeof(invite_magic), own->keys.sign.b, 32) != 0)
        return MUSTER_EWRONGPEER;
    enum muster_error error = box_open(j->plain, j->bytes + INVITE_HEAD, len - INVITE_HEAD, &own->keys.box, &own->box);
    if (error)
        return error;
    plain = (struct bytes){j->plain, len - INVITE_HEAD - BOX_SEAL_BYTES - 64};
    memcpy(signature.b, j->plain + plain.len, sizeof(signature.b));
    error = pack_check(plain.at, plain.len);
    if (error)
        return error;
    if (!pack_get_fixed(plain, IK_SPACE, j->space.b, HASH_BYTES) || !pack_get_run(plain, IK_CARD, inviter) ||
        !pack_get_fixed(plain, IK_INVITED, invited_id.b, HASH_BYTES) || !pack_get_run(plain, IK_NAME, &name) ||
        name.len > NAME_BYTES_MAX)
        return MUSTER_EBADVALUE;
    error = card_read(card, inviter->at, inviter->len);
    if (!error)
        error = crypto_verify_parts(&signature, &card->node, INVITE_DOMAIN, &plain, 1);
    if (!error && !agency_id_eq(&invited_id, &own->identity.agency))
        error = MUSTER_EWRONGPEER;
    memcpy(j->space_name, name.at, name.len);
    return error;
}
