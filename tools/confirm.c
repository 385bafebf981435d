/* muster confirm: the pair code over the telephone, typed and not nodded.
 *
 * Each side reads one half aloud and types the half that it hears.  The side whose agency id is smaller reads
 * the first half, so that both know their part without talking about it; the half to be typed is not shown.
 */
#include "tools/ask.h"
#include "tools/memory.h"
#include "tools/peers.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    CODE_BYTES = 512,
    DIGIT_GROUPS = 6,
    DIGITS_A_GROUP = 5,
    CODE_WORDS = 9,
    GROUPS_HALF = 3,
    WORDS_HALF = 5
};

struct part { /* 1-based, both inclusive */
    unsigned first, last;
};

/* The half that this side types, in words or groups of digits. */
static struct part part_to_type(bool reads_first, bool digits)
{
    unsigned half = digits ? GROUPS_HALF : WORDS_HALF, all = digits ? DIGIT_GROUPS : CODE_WORDS;
    return reads_first ? (struct part){half + 1, all} : (struct part){1, half};
}

/* Words or groups first..last of a code that has them separated by spaces. */
static void part_cut(char out[CODE_BYTES], const char *code, struct part part)
{
    unsigned number = 0;
    out[0] = '\0';
    for (const char *at = code; *at;) {
        size_t len = strcspn(at, " ");
        number++;
        if (number >= part.first && number <= part.last)
            snprintf(out + strlen(out), CODE_BYTES - strlen(out), "%s%.*s", out[0] ? " " : "", (int)len, at);
        at += len + strspn(at + len, " ");
    }
}

/* What was typed: digits or words, and how many groups. */
static bool typed_is_digits(const char *typed, unsigned *groups)
{
    size_t digits = 0, words = 0;
    bool inside = false, letters = false;
    for (const char *at = typed; *at; at++) {
        bool word = !isspace((unsigned char)*at) && *at != '-' && *at != ',';
        words += word && !inside;
        inside = word;
        digits += isdigit((unsigned char)*at) != 0;
        letters |= isalpha((unsigned char)*at) != 0;
    }
    *groups = (unsigned)(letters ? words : (digits + DIGITS_A_GROUP - 1) / DIGITS_A_GROUP);
    return !letters;
}

static bool number_read(const char *text, unsigned *out)
{
    char *end;
    if (!text)
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *text && !*end && value >= 1 && value <= CODE_WORDS;
}

/* Whose id is smaller reads the first half.  False if an id is not known. */
static bool side_find(struct tool *tool, const json_t *pair, const char *agency, bool *reads_first)
{
    const json_t *status = tool_status(tool), *peers = json_object_get(status, "peers");
    const char *own = value_text_at(status, "agency.id"), *other = value_text_at(pair, "agency.id");
    for (size_t i = 0; !other[0] && i < json_array_size(peers); i++)
        if (peer_is(json_array_get(peers, i), agency))
            other = value_text_at(json_array_get(peers, i), "agency.id");
    *reads_first = strcmp(own, other) < 0;
    return own[0] && other[0];
}

/* What is read aloud is talk: where a program reads the answer it goes to stderr. */
static int half_ask(struct tool *tool, const json_t *pair, bool reads_first, char typed[CODE_BYTES])
{
    char half[CODE_BYTES];
    FILE *out = tool->out;
    tool->out = tool->set.output == OUTPUT_TABLE ? out : tool->err;
    screen_head(tool, NULL);
    screen_line(
        tool, "%s",
        _("Call them, on a number you had before: not one from the card. Read them this half:"));
    part_cut(half, value_text_at(pair, "digits"), part_to_type(!reads_first, true));
    screen_field(tool, _("digits"), 6, half);
    part_cut(half, value_text_at(pair, "words"), part_to_type(!reads_first, false));
    screen_field(tool, _("words"), 6, half);
    tool->out = out;
    struct part groups = part_to_type(reads_first, true), words = part_to_type(reads_first, false);
    char prompt[128];
    snprintf(prompt, sizeof prompt,
             _("Type what they read to you (groups %u to %u, or words %u to %u):"),
             groups.first, groups.last, words.first, words.last);
    return ask_line(tool, prompt, typed, CODE_BYTES) && typed[0]
               ? 0
               : tool_usage(tool, "muster confirm AGENCY CODE", "no code was typed");
}

static void words_join(char out[CODE_BYTES], char *const *words, size_t count)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(out + strlen(out), CODE_BYTES - strlen(out), "%s%s", out[0] ? " " : "", words[i]);
}

/* Which groups were typed: as the options say; else the whole code by its length, else this side's half. */
static int part_of(struct tool *tool, const struct arguments *args, const char *typed, bool reads_first,
                   struct part *part)
{
    unsigned groups;
    bool digits = typed_is_digits(typed, &groups);
    const char *first = option_get(args, "first"), *last = option_get(args, "last");
    *part = part_to_type(reads_first, digits);
    if (groups == (digits ? DIGIT_GROUPS : CODE_WORDS))
        *part = (struct part){1, digits ? DIGIT_GROUPS : CODE_WORDS};
    if ((first && !number_read(first, &part->first)) || (last && !number_read(last, &part->last)))
        return tool_usage(tool, "muster confirm AGENCY CODE --first 1 --last 3",
                          "--first and --last are numbers of groups or words");
    if (part->last < part->first || part->last - part->first + 1 != groups)
        return tool_usage(
            tool, "type the code again, or say which part it is: --first 1 --last 3",
            "%u %s were typed, but %u are wanted (%u to %u)", groups, digits ? _("groups of digits") : "words",
            part->last < part->first ? 0 : part->last - part->first + 1, part->first, part->last);
    return 0;
}

static int confirm_send(struct tool *tool, const char *agency, const char *typed, struct part part)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/peers");
    url_segment(&url, agency);
    url_segment(&url, "confirm");
    json_t *body =
        json_pack("{s:s, s:i, s:i}", "typed", typed, "first", (int)part.first, "last", (int)part.last);
    int code = body ? tool_call(tool, "POST", &url, body, &answer)
                    : tool_usage(tool, "type it again", "the code is not UTF-8 text");
    json_decref(body);
    if (code)
        return code;
    if (!tool_print_data(tool, answer))
        screen_line(tool, "%s is confirmed by voice", agency);
    json_decref(answer);
    return 0;
}

static int confirm_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    struct part part;
    struct fault fault;
    json_t *pair;
    char typed[CODE_BYTES];
    url_start(&url, "/v1/peers");
    url_segment(&url, args->words[0]);
    url_segment(&url, "pair");
    if (args->count == 1 && !tool->can_ask) {
        fault_set(&fault, MUSTER_EUSAGE, "the pair code was not given");
        fault_why(&fault, "there is nobody to ask: this is no terminal");
        fault_step(&fault,
                   "muster confirm %s CODE…   (what they read to you; --first and --last say which part)",
                   args->words[0]);
        return tool_fail(tool, &fault);
    }
    int code = tool_call(tool, "GET", &url, NULL, &pair);
    if (code)
        return code;
    bool reads_first;
    if (!side_find(tool, pair, args->words[0], &reads_first)) {
        fault_set(&fault, MUSTER_EUNKNOWN_AGENCY, "it is not known which half %s reads", args->words[0]);
        fault_why(&fault, "the node did not give both agencies' ids, by which the sides are told apart");
        fault_step(&fault, "muster peer list");
        json_decref(pair);
        return tool_fail(tool, &fault);
    }
    if (args->count > 1)
        words_join(typed, args->words + 1, args->count - 1);
    else
        code = half_ask(tool, pair, reads_first, typed);
    if (!code)
        code = part_of(tool, args, typed, reads_first, &part);
    if (!code)
        code = confirm_send(tool, args->words[0], typed, part);
    json_decref(pair);
    return code;
}

static const struct option_row confirm_options[] = {
    {"first", 0, "N",  "the first group or word that was typed"},
    {"last",  0, "N",  "the last one"                          },
    {NULL,    0, NULL, NULL                                    },
};

const struct command command_confirm = {
    .name = "confirm",
    .args = "AGENCY [CODE…]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1 + CODE_WORDS,
    .options = confirm_options,
    .run = confirm_run,
    .help = "confirm a partner by telephone, with the pair code",
    .detail = "Each side reads one half aloud and types the half that it hears. A code of 6 groups or 9 "
              "words is a whole one; a shorter one is the half that this side types, unless "
              "--first and --last say otherwise. Use a telephone number that you had before, not the one on "
              "the card.",
    .example =
        "muster confirm \"Red Cross\"\nmuster confirm \"Red Cross\" 12345 67890 13579 --first 4 --last 6",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster agency confirmed",
    .rows = "agency confirmed",
};
