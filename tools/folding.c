#include "tools/folding.h"

#include "tools/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"

void folding_begin(struct folding *folding)
{
    *folding = (struct folding){.text = NULL};
    folding->stream = open_memstream(&folding->text, &folding->len);
    if (!folding->stream)
        abort();
}

static size_t columns_of(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    size_t width = 0;
    while (at < end)
        width += (size_t)utf8proc_charwidth((utf8proc_int32_t)text_next(&at, end));
    return width;
}

/* Bytes of a line before what it says: spaces, then a dash, or a label that two spaces or the column of labels end. */
static size_t label_len(const char *line)
{
    size_t spaces = strspn(line, " "), word = strcspn(line + spaces, " "), gap = strspn(line + spaces + word, " ");
    if (strncmp(line + spaces, "- ", 2) == 0)
        return spaces + 2;
    return spaces == 2 && gap >= 2 ? spaces + word + gap : spaces;
}

static void line_fold(FILE *out, const char *line, size_t columns)
{
    size_t label = label_len(line), used = columns_of(line, label), room = columns > used ? columns - used : 1;
    fprintf(out, "%.*s", (int)label, line);
    for (const char *at = line + label; *at;) {
        const char *end = wrap_end(at, room, true);
        fprintf(out, "%.*s", (int)(end - at), at);
        at = end + strspn(end, " ");
        if (*at)
            fprintf(out, "\n%*s", (int)used, "");
    }
    fputc('\n', out);
}

void folding_end(struct folding *folding, FILE *out, size_t columns)
{
    char *rest, *line;
    fclose(folding->stream);
    rest = folding->text;
    while (rest && (line = strsep(&rest, "\n")))
        if (rest || line[0]) /* what is behind the last line's end is no line */
            line_fold(out, line, columns);
    free(folding->text);
    *folding = (struct folding){.stream = NULL};
}
