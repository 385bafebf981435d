#include "tools/way.h"

#include "tools/value.h"

#include <poll.h>
#include <string.h>

enum { LOOK_MS = 200 };

const json_t *way_failed(const json_t *answer)
{
    const json_t *steps = json_object_get(answer, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!value_true_at(json_array_get(steps, i), "ok"))
            return json_array_get(steps, i);
    return NULL;
}

bool way_passed(const json_t *answer, const char *step)
{
    const json_t *steps = json_object_get(answer, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (strcmp(value_text_at(json_array_get(steps, i), "step"), step) == 0)
            return value_true_at(json_array_get(steps, i), "ok");
    return false;
}

enum muster_error way_test(struct tool *tool, const char *agency, int patience_ms, json_t **answer, struct fault *fault)
{
    json_t *body = json_pack("{s:s}", "agency", agency);
    enum muster_error error;
    for (int waited = 0;; waited += LOOK_MS) {
        struct url url;
        url_start(&url, "/v1/peers/test");
        error = client_call(&tool->client, "POST", &url, body, answer, fault);
        const json_t *failed = error ? NULL : way_failed(*answer);
        if (!failed || !value_true_at(failed, "waits") || waited >= patience_ms)
            break;
        json_decref(*answer);
        (void)poll(NULL, 0, LOOK_MS);
    }
    json_decref(body);
    return error;
}
