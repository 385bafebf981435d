/* backup.h — a sealed file of parts: written piece by piece by whoever has only a public key, opened with its secret.
 *
 * Bytes (numbers little-endian):
 *
 *   lock    "MUSTERBACKUP" 12, version 1 u8, length u16, a key file (keyfile.h, purpose "backup") of that length or none
 *   head    public key that it is sealed to 32, stream key in a sealed box to it 80, commitment to the stream key 32,
 *           header of the stream 24; together the associated data of the first chunk
 *   stream  chunks of 65,536 plain bytes and 17 more, chained, the last one shorter or empty and marked (stream.h)
 *   end     H("muster/1/backup", head and stream) 32: tells a file that is cut off or damaged to whoever has no key
 *
 * The plain bytes are parts: type u8, length u32, bytes.  With a key file in its lock the secret is under a passphrase;
 * without one it lies elsewhere.  Writer and reader hold one chunk at a time. */
#ifndef MUSTER_CRYPTO_BACKUP_H
#define MUSTER_CRYPTO_BACKUP_H

#include "crypto/keyfile.h"
#include "crypto/stream.h"

enum {
    BACKUP_MAGIC_BYTES = 12,
    BACKUP_VERSION = 1,
    BACKUP_LOCK_BYTES = BACKUP_MAGIC_BYTES + 1 + 2,
    BACKUP_HEAD_BYTES = 32 + 32 + BOX_SEAL_BYTES + HASH_BYTES + STREAM_HEADER_BYTES,
    BACKUP_PART_MAX = 64 * 1024
};
#define BACKUP_PURPOSE "backup"

/* Types of parts; unknown ones are passed over by a reader of an older version. */
enum backup_part {
    BACKUP_ABOUT = 1,  /* the first: JSON, what this is a backup of */
    BACKUP_SECRET = 2, /* name length u8, name, bytes: a file of the folder secrets */
    BACKUP_KEY = 3,    /* key length u8, key, value: of the table of epoch keys */
    BACKUP_DATA = 4    /* the next bytes of main/data.mdb */
};

/* Takes the next bytes of the file; false: it cannot. */
typedef bool backup_put(void *user, const void *bytes, size_t len);
/* Gives up to `size` of the next bytes; 0 at the end, -1 on an error. */
typedef long backup_get(void *user, void *out, size_t size);

struct backup_writer;
/* Writes the head.  EBUSY without memory, EBADVALUE for a key of small order, EIO when put refuses. */
MUST_USE enum muster_error backup_writer_new(struct backup_writer **out, const struct box_public *to, backup_put *put, void *user);
/* bytes: at most BACKUP_PART_MAX (asserted).  EIO. */
MUST_USE enum muster_error backup_write(struct backup_writer *writer, enum backup_part type, const void *bytes, size_t len);
/* The last chunk and the end.  EIO.  Without it no reader takes the file. */
MUST_USE enum muster_error backup_writer_end(struct backup_writer *writer);
void backup_writer_free(struct backup_writer *writer); /* NULL is allowed */

/* The lock alone; keyfile_len 0: the secret lies elsewhere.  Returns its length, at most BACKUP_LOCK_BYTES + KEYFILE_BYTES_MAX. */
size_t backup_lock(uint8_t *out, const uint8_t *keyfile, size_t keyfile_len);

struct backup_reader;
/* Reads lock and head.  EBUSY, EIO, ETRUNCATED, ETRAILING never; EBADVALUE: it is no backup; EVERSION: of a newer version. */
MUST_USE enum muster_error backup_reader_new(struct backup_reader **out, backup_get *get, void *user);
/* The key file of its lock; len 0 when there is none. */
struct bytes backup_reader_lock(const struct backup_reader *reader);
struct box_public backup_reader_to(const struct backup_reader *reader);
/* Unlocks the stream.  EWRONGPEER: it is sealed to another key; EDECRYPT, ECOMMITMENT. */
MUST_USE enum muster_error backup_reader_open(struct backup_reader *reader, const struct box_secret *secret);
/* The next part (borrowed until the next call); *type 0 behind the last, when the end has been found right too.
 * ETRUNCATED: the end is missing; EDECRYPT; EHASH; EBADVALUE: parts that do not fit; ETRAILING; EIO. */
MUST_USE enum muster_error backup_read(struct backup_reader *reader, enum backup_part *type, struct bytes *part);
/* Instead of opening: reads on to the end and compares its hash.  ETRUNCATED for a file that is too short, EHASH, EIO. */
MUST_USE enum muster_error backup_reader_check(struct backup_reader *reader);
uint64_t backup_reader_bytes(const struct backup_reader *reader); /* of the file, as far as it was read */
void backup_reader_free(struct backup_reader *reader); /* NULL is allowed */

#endif
