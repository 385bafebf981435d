/* The setting files: libconfuse against the rows; drop-ins, which its include() does not expand. */
#include "node/config.h"
#include "base/text.h"
#include "lang/lang.h"

#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 * 1024 };

struct reading {
    struct config *out;
    const char *path;
    struct trouble *trouble;
    enum muster_error error; /* of a value */
    char sentence[400];      /* libconfuse reports by callback, with the place only there */
};

/* libconfuse gives its functions no argument of ours: what is being read, NULL else. */
static struct reading *reading;

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format, va_list list)
{
    char text[256];
    vsnprintf(text, sizeof(text), format, list);
    if (reading && !reading->sentence[0])
        snprintf(reading->sentence, sizeof(reading->sentence), "%s:%d: %s", reading->path, cfg->line, text);
}

/* After each value, also each of a list and its end: the list is taken from the start each time. */
static int on_value(cfg_t *cfg, cfg_opt_t *option)
{
    size_t row;
    char origin[CONFIG_PATH_MAX + 8 + NAME_MAX + 16], sentence[sizeof(reading->trouble->what)];
    if (!reading || !config_row_named(option->name, &row))
        return -1;
    snprintf(origin, sizeof(origin), "%s:%d", reading->path, cfg->line);
    for (unsigned i = 0; i < cfg_opt_size(option) && !reading->error; i++) {
        const char *text = cfg_opt_getnstr(option, i);
        reading->error = config_take(reading->out, row, i == 0, text ? text : "", origin, reading->trouble);
    }
    if (!reading->error)
        return 0;
    snprintf(sentence, sizeof(sentence), "%s", reading->trouble->what);
    snprintf(reading->trouble->what, sizeof(reading->trouble->what), "%.255s: %.240s", origin, sentence);
    return -1;
}

static void say_names(struct trouble *trouble)
{
    char names[256] = "";
    const struct config_row *row;
    size_t len = 0;
    for (size_t i = 0; (row = config_row_at(i)) != NULL && len < sizeof(names); i++)
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "", row->name);
    trouble_why(trouble, "the settings are %s", names);
    trouble_do(trouble, "correct the line, then musterd --check-config");
}

/* The file as text with its comments blanked out: libconfuse 3.3 counts the lines of comments three times, and a line
 * that is named wrongly helps nobody.  NULL with errno. */
static char *text_without_comments(const char *path)
{
    char *text = malloc(FILE_BYTES_MAX + 1);
    FILE *file = text ? fopen(path, "re") : NULL;
    size_t len = file ? fread(text, 1, FILE_BYTES_MAX + 1, file) : 0;
    bool bad = !file || ferror(file) != 0;
    int why = errno;
    if (file)
        fclose(file);
    if (!bad && len > FILE_BYTES_MAX) {
        bad = true;
        why = EFBIG;
    }
    if (bad) {
        free(text);
        errno = why;
        return NULL;
    }
    text[len] = '\0';
    char quote = 0, before = '\n';
    for (char *at = text; *at; before = *at, at++) {
        bool begins = strchr(" \t\n={},", before) != NULL; /* tcp://host is one word */
        size_t blank = 0;
        if (quote)
            quote = *at == '\\' && at[1] ? (at++, quote) : *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '#' || (begins && at[0] == '/' && at[1] == '/'))
            blank = strcspn(at, "\n");
        else if (begins && at[0] == '/' && at[1] == '*')
            blank = strstr(at + 2, "*/") ? (size_t)(strstr(at + 2, "*/") + 2 - at) : strlen(at);
        for (size_t i = 0; i < blank; i++)
            if (at[i] != '\n')
                at[i] = ' ';
        at += blank ? blank - 1 : 0;
    }
    return text;
}

static enum muster_error read_one(struct reading *now, cfg_t *cfg, const char *path)
{
    struct trouble *trouble = now->trouble;
    char *text = text_without_comments(path);
    if (!text) {
        int why = errno;
        trouble_set(trouble, MUSTER_ECONFIG, "%s cannot be read", path);
        trouble_why(trouble, "%s", lang_errno(why));
        trouble_do(trouble, "check its path and rights");
        return MUSTER_ECONFIG;
    }
    now->path = path;
    reading = now;
    int got = cfg_parse_buf(cfg, text);
    reading = NULL;
    free(text);
    if (now->error) {
        if (!trouble->why[0])
            trouble_why(trouble, "the value is not allowed");
        if (!trouble->remedy[0])
            trouble_do(trouble, "correct the line, then musterd --check-config");
        return now->error;
    }
    if (got != CFG_SUCCESS) {
        char safe[sizeof(trouble->what)]; /* the file may be anything, and is quoted */
        text_for_terminal(safe, sizeof(safe), now->sentence, strlen(now->sentence));
        trouble_set(trouble, MUSTER_ECONFIG, "%s", safe[0] ? safe : _("the file is not understood"));
        if (strstr(now->sentence, "no such option")) {
            say_names(trouble);
        } else {
            trouble_why(trouble, "a setting is written NAME = \"VALUE\", a list NAME = {\"ONE\", \"TWO\"}");
            trouble_do(trouble, "correct the line, then musterd --check-config");
        }
        return MUSTER_ECONFIG;
    }
    now->out->file_count++;
    return MUSTER_OK;
}

/* `name = {}` in a later file takes away what an earlier one said; no value is reported for it. */
static void take_empty_lists(struct config *out, cfg_t *cfg, const char *path)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++) {
        static const char none[sizeof(struct endpoint_list)];
        if (!row->list || cfg_size(cfg, row->name) || memcmp((char *)out + row->offset, none, row->size) == 0)
            continue;
        memset((char *)out + row->offset, 0, row->size);
        snprintf(out->origin[i], CONFIG_ORIGIN_MAX, "%.*s", CONFIG_ORIGIN_MAX - 1, path);
    }
}

static int is_drop_in(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not alphasort: the order must not hang on a locale */
}

/* "/etc/muster/conf.d/.90-set.conf.new" stands for "90-set.conf"; "" when it is not called so. */
static void draft_name(const struct config *config, char out[NAME_MAX + 1])
{
    const char *slash = strrchr(config->draft, '/'), *name = slash ? slash + 1 : config->draft;
    size_t len = strlen(name), end = strlen(".new");
    out[0] = '\0';
    if (name[0] == '.' && len > end + 1 && len <= NAME_MAX && strcmp(name + len - end, ".new") == 0)
        snprintf(out, NAME_MAX + 1, "%.*s", (int)(len - end - 1), name + 1);
}

static enum muster_error read_drop_in(struct reading *now, cfg_t *cfg, const char *path)
{
    enum muster_error error = read_one(now, cfg, path);
    if (!error)
        take_empty_lists(now->out, cfg, path);
    return error;
}

static enum muster_error read_drop_ins(struct reading *now, cfg_t *cfg)
{
    char folder[CONFIG_PATH_MAX + 8], path[CONFIG_PATH_MAX + 8 + NAME_MAX + 2], draft[NAME_MAX + 1];
    struct dirent **entries = NULL;
    const char *slash = strrchr(now->out->file, '/');
    snprintf(folder, sizeof(folder), "%.*sconf.d", slash ? (int)(slash - now->out->file + 1) : 0, now->out->file);
    draft_name(now->out, draft);
    int count = scandir(folder, &entries, is_drop_in, by_bytes);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR) {
        trouble_set(now->trouble, MUSTER_ECONFIG, "%s cannot be read", folder);
        trouble_why(now->trouble, "%s", lang_errno(errno));
        trouble_do(now->trouble, "check its rights");
        return MUSTER_ECONFIG;
    }
    enum muster_error error = MUSTER_OK;
    if (count >= CONFIG_FILES_MAX)
        error = trouble_set(now->trouble, MUSTER_ETOOBIG, "there are %d files in %s, more than %d", count, folder,
                            CONFIG_FILES_MAX - 1);
    for (int i = 0; i < count; i++) {
        int order = draft[0] ? strcmp(draft, entries[i]->d_name) : 1;
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (order <= 0 && !error) { /* in its place, or instead of the one that it will replace */
            error = read_drop_in(now, cfg, now->out->draft);
            draft[0] = '\0';
        }
        if (order != 0 && !error)
            error = read_drop_in(now, cfg, path);
        free(entries[i]);
    }
    free(entries);
    return !error && draft[0] ? read_drop_in(now, cfg, now->out->draft) : error;
}

enum muster_error config_read_files(struct config *out, bool must, struct trouble *trouble)
{
    struct reading now = {.out = out, .trouble = trouble};
    cfg_opt_t options[CONFIG_ROWS_MAX + 1];
    const struct config_row *row;
    size_t count = 0;
    for (; (row = config_row_at(count)) != NULL; count++)
        options[count] = row->list ? (cfg_opt_t)CFG_STR_LIST(row->name, NULL, CFGF_NONE)
                                   : (cfg_opt_t)CFG_STR(row->name, NULL, CFGF_NONE);
    options[count] = (cfg_opt_t)CFG_END();
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (!cfg)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for %s", out->file);
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < count; i++)
        cfg_set_validate_func(cfg, config_row_at(i)->name, on_value);
    enum muster_error error = MUSTER_OK;
    if (must || access(out->file, F_OK) == 0)
        error = read_one(&now, cfg, out->file);
    if (!error)
        error = read_drop_ins(&now, cfg);
    cfg_free(cfg);
    return error;
}
