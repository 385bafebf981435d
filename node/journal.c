#include "node/journal.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    enum journal_level level;
    unsigned durable;
} rows[] = {
#define X(constant, name, level, durable) {name, JOURNAL_##level, durable},
    MUSTER_JOURNAL(X)
#undef X
};

static const struct {
    const char *name;
    enum journal_level level;
} levels[] = {
    {"error", JOURNAL_ERROR}, {"warning", JOURNAL_WARNING}, {"notice", JOURNAL_NOTICE},
    {"info", JOURNAL_INFO},   {"debug", JOURNAL_DEBUG},
};

void journal_start(struct journal *journal, enum journal_level level)
{
    journal->prefix = getenv("JOURNAL_STREAM") != NULL;
    journal->level = level;
}

bool journal_level_named(const char *name, enum journal_level *out)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (strcmp(levels[i].name, name) == 0) {
            *out = levels[i].level;
            return true;
        }
    return false;
}

const char *journal_level_name(enum journal_level level)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (levels[i].level == level)
            return levels[i].name;
    return levels[0].name;
}

enum journal_level journal_level_of(const char *event)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, event) == 0)
            return rows[i].level;
    return JOURNAL_INFO;
}

unsigned journal_durable(const char *event)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, event) == 0)
            return rows[i].durable;
    return 0;
}

bool journal_row_at(size_t i, struct journal_row *out)
{
    if (i >= ARRAY_LEN(rows))
        return false;
    *out = (struct journal_row){.name = rows[i].name, .durable = rows[i].durable, .level = "critical"};
    for (size_t l = 0; l < ARRAY_LEN(levels); l++)
        if (levels[l].level == rows[i].level)
            out->level = levels[l].name;
    event_help(out->name, &out->meaning, &out->remedy);
    return true;
}

void journal_write(const struct journal *journal, const char *event, const struct agency_id *agency, const char *text)
{
    char safe[JOURNAL_TEXT_MAX], id[2 * HASH_BYTES + 1], priority[8] = "";
    enum journal_level level = journal_level_of(event);
    if (level > journal->level)
        return;
    text_for_log(safe, sizeof(safe), text, strlen(text));
    if (journal->prefix)
        snprintf(priority, sizeof(priority), "<%d>", (int)level);
    if (agency && !agency_id_none(agency))
        fprintf(stderr, "%sevent=%s agency=%s text=%s\n", priority, event, hex_from(id, agency->b, HASH_BYTES), safe);
    else
        fprintf(stderr, "%sevent=%s text=%s\n", priority, event, safe);
}

void journal_format(const struct journal *journal, const char *event, const struct agency_id *agency,
                    const char *format, ...)
{
    char text[JOURNAL_TEXT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    journal_write(journal, event, agency, text);
}
