/* world.h — what the tests of a whole store share: a directory, and short ways to put and look. */
#ifndef MUSTER_TESTS_STORE_WORLD_H
#define MUSTER_TESTS_STORE_WORLD_H

#include "scratch.h"
#include "store/store.h"

struct world {
    char base[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX], other[SCRATCH_PATH_MAX];
    struct store_problem problem;
};

int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

struct store *open_or_fail(struct world *w, const char *dir, const struct store_options *options);
struct bytes text(const char *s);
/* One change, durable or derived by its table; value.at NULL deletes. */
enum muster_error put_one(struct store *store, enum table table, const char *key, struct bytes value);
/* Does the key hold exactly these characters (NULL: is there no such key)? */
bool holds(struct store *store, enum table table, const char *key, const char *want);
void lose_guard(struct world *w);

struct damage {
    size_t count;
    enum table table;
    char key[16];
};

/* For store_check. */
void note_damage(void *user, enum table table, struct bytes key);

#endif
