#include "tools/preview.h"

#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"

#include <string.h>

static void recipient_print(struct tool *tool, const json_t *one)
{
    bool gets = value_true_at(one, "gets"), reads = value_true_at(one, "reads");
    char text[640], shown[VALUE_TIME_BYTES];
    time_shorter(shown, value_text_at(one, "since"));
    bool waits = strcmp(value_text_at(one, "hop"), "waits") == 0 && shown[0];
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", value_text_at(one, "say"), waits ? _("; silent since ") : "",
             waits ? shown : "", gets && !reads ? _("; carries it, cannot read it") : "",
             gets && !value_true_at(one, "confirmed") ? _("; not confirmed by voice") : "",
             value_text_at(one, "note")[0] ? "; " : "", value_text_at(one, "note"));
    char label[160];
    snprintf(label, sizeof label, "%.100s (%s)", value_text_at(one, "agency.name"), value_text_at(one, "right"));
    screen_field(tool, label, 20, text);
}

void preview_recipients_print(struct tool *tool, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "recipients");
    for (int gets = 1; gets >= 0; gets--) {
        bool told = false;
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            if (value_true_at(one, "gets") != (gets == 1))
                continue;
            if (!told)
                screen_line(tool, "%s", gets ? _("would go to:")
                                             : _("would not get it:"));
            told = true;
            recipient_print(tool, one);
        }
        if (gets && !told)
            screen_line(tool, "%s", _("would go to nobody"));
    }
    screen_line(tool, "%s", _("nothing was written (--dry-run)"));
}

static void term_print(struct tool *tool, const json_t *answer)
{
    const json_t *agreement = json_object_get(answer, "agreement");
    char text[256];
    if (!json_is_object(agreement))
        return;
    snprintf(text, sizeof text, "%s (%s), %s %s", value_text_at(agreement, "name"), value_text_at(agreement, "short"),
             _("into the space"), value_text_at(answer, "space.name"));
    screen_field(tool, _("by the agreement"), 20, text);
}

/* Who would get it, and who would not. */
#define PREVIEW_ROWS "recipients: agency.id agency.name right gets rule reads confirmed hop since say note"

int preview_print(struct tool *tool, json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    size_t count = json_array_size(items);
    long long refused = value_int_at(answer, "refused");
    if (count == 1 && refused == 1)
        return record_refused(tool, json_object_get(json_array_get(items, 0), "error"));
    if (!view_rows(tool, answer, PREVIEW_ROWS)) {
        screen_head(tool, answer);
        if (value_text_at(answer, "message")[0])
            screen_line(tool, "%s", value_text_at(answer, "message"));
        else
            screen_line(tool, "would write %lld, %lld here already, %lld refused",
                        value_int_at(answer, "stored"), value_int_at(answer, "existing"), refused);
        term_print(tool, answer);
        preview_recipients_print(tool, answer);
    }
    return refused ? 1 : 0;
}
