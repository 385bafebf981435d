#include "tools/settings.h"

#include "base/text.h"
#include "base/variable.h"
#include "lang/lang.h"
#include "protocol/kinds/nearest.h"
#include "tools/files.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct choice {
    const char *word;
    int value;
};

static const struct choice outputs[] = {
    {"table",  OUTPUT_TABLE },
    {"json",   OUTPUT_JSON  },
    {"ndjson", OUTPUT_NDJSON},
    {"csv",    OUTPUT_CSV   },
    {"tsv",    OUTPUT_TSV   },
    {"id",     OUTPUT_ID    },
    /* of muster export (export.c) */
    {"geojson",   OUTPUT_FORM},
    {"hxl",       OUTPUT_FORM},
    {"cap",       OUTPUT_FORM},
    {"edxl-rm",   OUTPUT_FORM},
    {"edxl-have", OUTPUT_FORM},
    {"atom",      OUTPUT_FORM},
    {"gpkg",      OUTPUT_FORM},
    {"sql",       OUTPUT_FORM},
    {NULL,     0            }
};
static const struct choice langs[] = {
    {"en", LANG_EN},
    {"zh", LANG_ZH},
    {NULL, 0      }
};
static const struct choice whens[] = {
    {"auto",   WHEN_AUTO  },
    {"always", WHEN_ALWAYS},
    {"never",  WHEN_NEVER },
    {NULL,     0          }
};

static bool choice_find(const struct choice *choices, const char *word, int *out)
{
    for (; choices->word; choices++)
        if (strcmp(choices->word, word) == 0) {
            *out = choices->value;
            return true;
        }
    return false;
}

int timeout_parse(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return 0;
    errno = 0;
    double number = strtod(text, &end);
    double scale = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1000
                   : strcmp(end, "ms") == 0                      ? 1
                   : strcmp(end, "m") == 0                       ? 60000
                   : strcmp(end, "h") == 0                       ? 3600000
                                                                 : 0;
    double ms = number * scale;
    return errno == 0 && ms >= 1 && ms <= CLIENT_TIMEOUT_MS_MAX ? (int)ms : 0;
}

/* Sets one setting that has a value.  False: there is no such setting; *wants is set if the value is wrong.
 */
static bool setting_apply(struct settings *s, const char *name, const char *value, const char **wants)
{
    int number = 0;
    *wants = NULL;
    if (strcmp(name, "space") == 0 || strcmp(name, "socket") == 0) {
        char *into = name[1] == 'p' ? s->space : s->socket;
        if (strlen(value) >= SETTING_BYTES)
            *wants = _("at most 255 bytes");
        else
            memcpy(into, value, strlen(value) + 1);
    } else if (strcmp(name, "output") == 0) {
        for (size_t i = 0; outputs[i].word; i++)
            if (strcmp(outputs[i].word, value) == 0)
                s->form = outputs[i].word;
        if (choice_find(outputs, value, &number))
            s->output = (enum output)number;
        else
            *wants = _("table, json, ndjson, csv, tsv or id; for muster export also geojson, hxl, cap, edxl-rm, edxl-have, atom, gpkg or sql");
    } else if (strcmp(name, "lang") == 0) {
        if (choice_find(langs, value, &number))
            s->lang = (enum lang)number;
        else
            *wants = _("zh or en");
    } else if (strcmp(name, "color") == 0) {
        if (choice_find(whens, value, &number))
            s->color = (enum when)number;
        else
            *wants = _("auto, always or never");
    } else if (strcmp(name, "timeout") == 0) {
        number = timeout_parse(value);
        if (number)
            s->timeout_ms = number;
        else
            *wants = _("a time such as 30s, 2m or 500ms");
    } else {
        return false;
    }
    return true;
}

static const char *const names[SETTINGS_COUNT] = {"space", "socket", "output", "lang", "color", "timeout"};

const char *settings_name(size_t i)
{
    return i < SETTINGS_COUNT ? names[i] : NULL;
}

/* The same, and keeps what was said and where. */
static bool setting_take(struct settings *s, const char *name, const char *value, const char *from, const char **wants)
{
    bool known = setting_apply(s, name, value, wants);
    for (size_t i = 0; known && !*wants && i < SETTINGS_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            snprintf(s->value[i], sizeof s->value[i], "%s", value);
            snprintf(s->from[i], sizeof s->from[i], "%s", from);
        }
    return known;
}

bool settings_path(char out[SETTINGS_PATH_BYTES])
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int len = -1;
    if (xdg && xdg[0] == '/')
        len = snprintf(out, SETTINGS_PATH_BYTES, "%s/muster/cli.conf", xdg);
    else if (home && home[0])
        len = snprintf(out, SETTINGS_PATH_BYTES, "%s/.config/muster/cli.conf", home);
    return len > 0 && len < SETTINGS_PATH_BYTES;
}

static char *line_trim(char *text)
{
    size_t len;
    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static enum muster_error file_load(struct settings *s, struct fault *fault)
{
    char path[SETTINGS_PATH_BYTES], *text, *rest, *line;
    size_t len;
    struct fault ignored;
    enum muster_error error = MUSTER_OK;
    if (!settings_path(path) || file_load_text(path, SETTINGS_FILE_MAX, &text, &len, &ignored) != MUSTER_OK)
        return MUSTER_OK; /* no file: nothing was set */
    rest = text;
    for (size_t number = 1; !error && (line = strsep(&rest, "\n")); number++) {
        const char *wants = NULL;
        char from[sizeof s->from[0]];
        snprintf(from, sizeof from, "%s:%zu", path, number);
        line = line_trim(line);
        if (!line[0] || line[0] == '#')
            continue;
        char *equals = strchr(line, '=');
        if (equals)
            *equals = '\0';
        bool known = equals && setting_take(s, line_trim(line), line_trim(equals + 1), from, &wants);
        if (known && !wants)
            continue;
        error = MUSTER_ECONFIG;
        fault_set(fault, error, "%s:%zu: %s", path, number,
                  !equals  ? _("this line is not NAME = VALUE")
                  : !known ? _("there is no such setting")
                           : "the value is not allowed");
        fault_why(fault, "%s", wants ? wants : _("settings are space, output, lang, color, socket and timeout"));
        fault_step(fault, "correct or remove the line");
    }
    free(text);
    return error;
}

static enum muster_error environment_load(struct settings *s, struct fault *fault)
{
    static const struct {
        const char *variable, *name;
    } rows[] = {
        {"MUSTER_SPACE",   "space"  },
        {"MUSTER_OUTPUT",  "output" },
        {"MUSTER_LANG",    "lang"   },
        {"MUSTER_COLOR",   "color"  },
        {"MUSTER_SOCKET",  "socket" },
        {"MUSTER_TIMEOUT", "timeout"}
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *value = getenv(rows[i].variable), *wants;
        if (value && value[0] && setting_take(s, rows[i].name, value, rows[i].variable, &wants) && wants) {
            fault_set(fault, MUSTER_EUSAGE, "the variable %s is \"%s\"", rows[i].variable, value);
            fault_why(fault, "it has to be %s", wants);
            fault_step(fault, "unset %s", rows[i].variable);
            return MUSTER_EUSAGE;
        }
    }
    return MUSTER_OK;
}

static enum muster_error options_load(struct settings *s, const struct arguments *globals,
                                      struct fault *fault)
{
    for (size_t i = 0; i < globals->options_count; i++) {
        const char *name = globals->options[i].row->name, *value = globals->options[i].value, *wants;
        char from[64];
        snprintf(from, sizeof from, "--%s", name);
        const struct {
            const char *name;
            bool *flag;
        } flags[] = {
            {"quiet",    &s->quiet   },
            {"verbose",  &s->verbose },
            {"no-pager", &s->no_pager},
            {"strict",   &s->strict  },
            {"yes",      &s->yes     },
            {"dry-run",  &s->dry_run },
            {"excel",    &s->excel   }
        };
        if (strcmp(name, "json") == 0) {
            s->output = OUTPUT_JSON;
            setting_take(s, "output", "json", from, &wants);
        }
        s->space_here |= strcmp(name, "space") == 0;
        s->output_here |= strcmp(name, "json") == 0 || strcmp(name, "output") == 0;
        if (strcmp(name, "yes") == 0 && value[0])
            s->yes_to = value;
        for (size_t k = 0; k < ARRAY_LEN(flags); k++)
            if (strcmp(name, flags[k].name) == 0)
                *flags[k].flag = true;
        if (globals->options[i].row->value && setting_take(s, name, value, from, &wants) && wants) {
            fault_set(fault, MUSTER_EUSAGE, "--%s cannot be \"%s\"", name, value);
            fault_why(fault, "it has to be %s", wants);
            fault_step(fault, "muster help");
            return MUSTER_EUSAGE;
        }
    }
    return MUSTER_OK;
}

static enum lang lang_of_locale(void)
{
    const char *name = lang_of_environment();
    return name && strncmp(name, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
}

enum muster_error settings_load(struct settings *out, const struct arguments *globals, struct fault *fault)
{
    memset(out, 0, sizeof *out);
    out->lang = lang_of_locale();
    out->timeout_ms = CLIENT_TIMEOUT_MS_DEFAULT;
    snprintf(out->socket, sizeof out->socket, "%s", CLIENT_SOCKET_DEFAULT);
    const char *const standard[SETTINGS_COUNT] = {"", CLIENT_SOCKET_DEFAULT, "table", out->lang == LANG_ZH ? "zh" : "en", "auto", "30s"};
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        snprintf(out->value[i], sizeof out->value[i], "%s", standard[i]);
        snprintf(out->from[i], sizeof out->from[i], "%s", strcmp(names[i], "lang") == 0 ? N_("the locale") : N_("built in"));
    }
    enum muster_error error = file_load(out, fault);
    if (!error)
        error = environment_load(out, fault);
    return error ? error : options_load(out, globals, fault);
}

enum muster_error settings_write(const char *name, const char *value, struct fault *fault)
{
    char path[SETTINGS_PATH_BYTES], *old = NULL, *fresh = NULL;
    size_t len = 0, fresh_len = 0;
    struct fault ignored;
    if (!settings_path(path)) {
        fault_set(fault, MUSTER_ECONFIG, "there is no place for your settings");
        fault_why(fault, "neither HOME nor XDG_CONFIG_HOME is set");
        fault_step(fault, "export MUSTER_%s instead", "SPACE");
        return MUSTER_ECONFIG;
    }
    FILE *stream = open_memstream(&fresh, &fresh_len);
    if (!stream)
        return (enum muster_error)(fault_set(fault, MUSTER_EINTERNAL, "there is no memory"),
                                   MUSTER_EINTERNAL);
    if (file_load_text(path, SETTINGS_FILE_MAX, &old, &len, &ignored) == MUSTER_OK) {
        char *rest = old, *line;
        while ((line = strsep(&rest, "\n"))) {
            char *start = line + strspn(line, " \t");
            size_t word = strcspn(start, " \t=");
            bool same = word == strlen(name) && strncmp(start, name, word) == 0;
            if (!same && (line[0] || rest))
                fprintf(stream, "%s\n", line);
        }
    }
    if (value)
        fprintf(stream, "%s = %s\n", name, value);
    fclose(stream);
    enum muster_error error = file_save(path, fresh, fresh_len, FILE_REPLACE | FILE_FOLDERS, fault);
    free(old);
    free(fresh);
    return error;
}

void settings_variables_warn(char *const *environment, bool json, FILE *err)
{
    char name[VARIABLE_BYTES_MAX], text[FAULT_TEXT_BYTES], safe[2 * FAULT_TEXT_BYTES];
    for (size_t at = 0; variable_unknown_next(environment, &at, name);) {
        struct nearest near = nearest_to(name + VARIABLE_PREFIX_BYTES, strlen(name + VARIABLE_PREFIX_BYTES));
        const struct variable *row;
        for (size_t i = 0; (row = variable_at(i)) != NULL; i++)
            if (row->use == VARIABLE_SETTING)
                nearest_try(&near, row->name + VARIABLE_PREFIX_BYTES, row->name);
        if (!near.answer)
            continue; /* of another program */
        snprintf(text, sizeof text, _("the variable %s is not known and does nothing; did you mean %s?"), name, near.answer);
        text_for_terminal(safe, sizeof safe, text, strlen(text));
        json_t *line = json ? json_pack("{s:i, s:s}", "muster", 1, "warning", text) : NULL;
        if (line)
            json_dumpf(line, err, JSON_COMPACT);
        if (line)
            fputc('\n', err);
        else
            fprintf(err, "muster: %s\n", safe);
        json_decref(line);
    }
}
