#include "protocol/trust/enrol.h"

#include "base/text.h"

static const uint8_t enrol_magic[8] = "MUSTER1R"; /* version 1 */

size_t enrol_write(uint8_t *out, const struct enrolment *enrolment, const struct sign_secret *secret)
{
    struct writer w = writer_over(out, ENROL_BYTES_MAX);
    writer_put(&w, enrol_magic, sizeof(enrol_magic));
    writer_put(&w, enrolment->keys.sign.b, 32);
    writer_put(&w, enrolment->keys.box.b, 32);
    writer_put(&w, enrolment->keys.curve.b, 32);
    writer_u8(&w, (uint8_t)strlen(enrolment->name));
    writer_put(&w, enrolment->name, strlen(enrolment->name));
    struct bytes covered = {out, writer_len(&w)};
    struct signature s;
    crypto_sign_parts(&s, secret, "muster/1/request", &covered, 1);
    writer_put(&w, s.b, sizeof(s.b));
    return writer_len(&w);
}

enum muster_error enrol_read(struct enrolment *out, const void *bytes, size_t len)
{
    struct enrolment read = {.name = ""};
    struct cursor c = cursor_over(bytes, len);
    if (len > ENROL_BYTES_MAX)
        return MUSTER_ETOOBIG;
    const uint8_t *magic = cursor_take(&c, sizeof(enrol_magic));
    if (!magic)
        return MUSTER_ETRUNCATED;
    if (memcmp(magic, enrol_magic, sizeof(enrol_magic)) != 0)
        return MUSTER_EVERSION;
    cursor_copy(&c, read.keys.sign.b, 32);
    cursor_copy(&c, read.keys.box.b, 32);
    cursor_copy(&c, read.keys.curve.b, 32);
    size_t name_len = cursor_u8(&c);
    const uint8_t *name = cursor_take(&c, name_len);
    struct bytes covered = {bytes, len - cursor_left(&c)};
    struct signature s;
    cursor_copy(&c, s.b, sizeof(s.b));
    enum muster_error error = cursor_end(&c);
    if (error)
        return error;
    if (name_len < 1 || name_len > NAME_BYTES_MAX || !text_is_utf8(name, name_len) || memchr(name, 0, name_len))
        return MUSTER_EBADVALUE;
    memcpy(read.name, name, name_len);
    error = crypto_verify_parts(&s, &read.keys.sign, "muster/1/request", &covered, 1);
    if (!error)
        *out = read;
    return error;
}
