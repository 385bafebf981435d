#include "world.h"

#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    scratch_make(w->base);
    scratch_join(w->dir, w->base, "data");
    scratch_join(w->other, w->base, "other");
    assert_int_equal(crypto_start(), MUSTER_OK);
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    scratch_remove(w->base);
    free(w);
    return 0;
}

struct store *open_or_fail(struct world *w, const char *dir, const struct store_options *options)
{
    struct store *store;
    if (store_open(dir, options, &store, &w->problem) != MUSTER_OK)
        fail_msg("%s", w->problem.sentence);
    return store;
}

struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

enum muster_error put_one(struct store *store, enum table table, const char *key, struct bytes value)
{
    struct change change = {table, text(key), value};
    const struct storage *s = store_storage(store);
    return (unsigned)table >= TABLE_DERIVED_FIRST ? s->derive(s->self, &change, 1)
                                                  : store_commit(store, &change, 1, false);
}

bool holds(struct store *store, enum table table, const char *key, const char *want)
{
    const struct storage *s = store_storage(store);
    struct bytes value;
    enum muster_error error = s->get(s->self, table, text(key), &value);
    if (!want)
        return error == MUSTER_ENOTFOUND;
    return error == MUSTER_OK && value.len == strlen(want) && memcmp(value.at, want, value.len) == 0;
}

void lose_guard(struct world *w)
{
    char path[SCRATCH_PATH_MAX];
    assert_int_equal(unlink(scratch_join(path, w->dir, "guard")), 0);
}

void note_damage(void *user, enum table table, struct bytes key)
{
    struct damage *damage = user;
    damage->count++;
    damage->table = table;
    snprintf(damage->key, sizeof damage->key, "%.*s", (int)key.len, (const char *)key.at);
}
