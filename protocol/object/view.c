#include "protocol/object/view.h"

#include <string.h>

struct view_walk view_walk_of(uint16_t kind_number, struct bytes view)
{
    struct view_walk w = {.kind = kind_by_number(kind_number)};
    if (!w.kind || !pack_pairs(view, &w.c, &w.left))
        w.left = 0;
    return w;
}

const struct field *view_walk_next(struct view_walk *w, struct pack_value *value)
{
    uint64_t key;
    while (w->left && pack_next_key(&w->c, &key) && pack_next(&w->c, value, false)) {
        w->left--;
        const struct field *field = field_by_number(w->kind, key);
        if (field)
            return field;
    }
    return NULL;
}

/* Fields of a view ascend (state.h). */
bool view_same(const struct object_stored *a, const struct object_stored *b, bool (*asks)(const struct field *field))
{
    struct view_walk x = view_walk_of(a->kind, a->view), y = view_walk_of(b->kind, b->view);
    for (;;) {
        struct pack_value p, q;
        const struct field *f, *g;
        do
            f = view_walk_next(&x, &p);
        while (f && !asks(f));
        do
            g = view_walk_next(&y, &q);
        while (g && !asks(g));
        if (f != g)
            return false;
        if (!f)
            return true;
        if (p.whole.len != q.whole.len || memcmp(p.whole.at, q.whole.at, p.whole.len) != 0)
            return false;
    }
}
