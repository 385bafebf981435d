/* copy.c — main/ as it is at one moment, written to a descriptor while commits go on.
 *
 * LMDB copies what one read transaction reaches, free pages left out, so the copy opens as any data file does.  The
 * transaction lives as long as the copy: until then pages that later commits free are not used again and the file grows.
 * keys/ and derived/ are not copied: secrets stay out of backups, and what is derived is made anew. */
#include "store/inside.h"

#include <errno.h>

enum muster_error store_copy_begin(struct store *store)
{
    if (store->copying)
        return MUSTER_EBUSY;
    store->copying = true;
    return MUSTER_OK;
}

enum muster_error store_copy_run(const struct store *store, int fd)
{
    int rc = mdb_env_copyfd2(store->env[TABLE_MAIN], fd, MDB_CP_COMPACT);
    return rc == EPIPE ? MUSTER_EIO : store_error(rc);
}

void store_copy_end(struct store *store)
{
    store->copying = false;
}
