/* api_body.c — members of a body that nobody knows are refused with their name: what was meant would be missing.
 *
 * One look at the members of the body itself, against the row of api_shapes.c; items are looked at by who takes them. */
#include "node/api_handlers.h"
#include "node/openapi.h"
#include "protocol/kinds/nearest.h"

#include <stdio.h>
#include <string.h>

struct word { /* the name in "name:types" */
    const char *at;
    int len;
};

/* The next one; false behind the last. */
static bool word_next(const char **at, struct word *word)
{
    *at += strspn(*at, " ");
    *word = (struct word){*at, (int)strcspn(*at, ": ")};
    *at += strcspn(*at, " ");
    return word->len > 0;
}

static bool is_member(const char *body, const char *member)
{
    struct word word;
    while (word_next(&body, &word))
        if (strncmp(word.at, member, (size_t)word.len) == 0 && member[word.len] == '\0')
            return true;
    return strcmp(member, "dry_run") == 0; /* whether there is one, another sentence says */
}

static void refuse(struct request *request, const char *body, const char *member)
{
    enum { LIST_BYTES = 256 };
    char name[API_MEMBER_BYTES], list[LIST_BYTES] = "";
    struct nearest nearest = nearest_to(member, strlen(member));
    struct trouble trouble;
    struct word word;
    size_t len = 0;
    for (const char *at = body; word_next(&at, &word);) {
        snprintf(name, sizeof(name), "%.*s", word.len, word.at);
        nearest_try(&nearest, name, word.at);
        if (len < sizeof(list))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", name);
    }
    trouble_set(&trouble, MUSTER_EUSAGE, "the body has a member \"%.60s\", which this request does not know", member);
    if (nearest.answer)
        trouble_why(&trouble, "did you mean \"%.*s\"? Nothing was done", (int)strcspn(nearest.answer, ": "), nearest.answer);
    else if (len)
        trouble_why(&trouble, "it knows %s. Nothing was done", list);
    else
        trouble_why(&trouble, "it knows none. Nothing was done");
    trouble_do(&trouble, "GET /v1/openapi");
    request_refuse_trouble(request, &trouble);
}

void api_body_check(struct request *request)
{
    const struct api_shape *shape = api_shape_of(request->row);
    const char *member, *body = shape && shape->body ? shape->body : "";
    json_t *value;
    json_object_foreach(request->json, member, value)
        if (!is_member(body, member)) {
            refuse(request, body, member);
            return;
        }
}
