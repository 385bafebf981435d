/* command.h — a verb is a row: help, completion, man page and tests are printed from it.
 *
 * Each verb has its own file that ends with its row; commands.c lists the rows. */
#ifndef MUSTER_TOOLS_COMMAND_H
#define MUSTER_TOOLS_COMMAND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct tool;

struct option_row {
    const char *name;  /* "right", typed as --right; NULL ends a list */
    char letter;       /* 'O', typed as -O; 0 for none */
    const char *value; /* what stands for the value in help, "FILE"; NULL for a switch */
    const char *help;  /* a phrase, lower case */
};

enum { WORDS_MAX = 4096, OPTION_VALUES_MAX = 64, WORDS_ANY = WORDS_MAX };

struct arguments { /* what was typed behind the verb; all borrowed from argv */
    char **words;
    size_t count;
    struct option_value {
        const struct option_row *row;
        const char *value; /* "" for a switch */
    } options[OPTION_VALUES_MAX];
    size_t options_count;
};

enum command_group { GROUP_EVERY_DAY, GROUP_RESOURCES, GROUP_JOINING, GROUP_CARRY, GROUP_RUN, GROUP_COUNT };

enum command_flag {
    NEEDS_NODE = 1, /* speaks to the node; exit 6 if it is not there */
    PUBLISHES = 2,  /* writes; --dry-run says what would be sent */
    PAGES = 4,      /* long answers for a person go through the pager */
    OWN_ROWS = 8,   /* csv, tsv and id are printed by a view of its own, or the form is another's (export) */
    NO_ROWS = 16,   /* its answer has no rows: csv, tsv and id are refused */
    NO_ID = 32,     /* nothing names its row: id is refused */
    NO_FORMS = 64   /* what it prints is no answer but a file or a script: json is refused too */
};

/* Exit codes that a verb can end with beside 0, 1 and 2, for its help. */
#define EXIT_BIT(code) (1U << (code))
enum {
    EXIT_NOT_FOUND = 3,
    EXIT_REFUSED = 4,
    EXIT_INCOMPLETE = 5,
    EXIT_UNREACHABLE = 6,
    EXIT_UNCONFIRMED = 7,
    EXIT_CLASH = 8,
    EXIT_PROOF = 9,
    EXIT_STORAGE = 10,
    EXIT_CODES = 11
};

struct command {
    const char *name;  /* "list", "peer show" */
    const char *alias; /* "ls"; NULL for none */
    const char *args;  /* "KIND [FIELD=VALUE…]"; "" for none */
    enum command_group group;
    unsigned flags; /* enum command_flag */
    size_t words_min, words_max;
    const char *help;                 /* one line, no capital, no full stop */
    const char *detail;               /* paragraphs for help and manual; NULL for none */
    const char *example;              /* one or more lines to paste */
    const struct option_row *options; /* ended by a row without name; NULL for none */
    unsigned exits;                   /* EXIT_BIT of the codes beside 0, 1, 2 */
    const char *keys;                 /* members of its --json object, by spaces; with ? where not always; NULL: none */
    const char *rows;                 /* of csv, tsv and id, as view_rows reads them; NULL with OWN_ROWS, NO_ROWS or NO_FORMS */
    int (*run)(struct tool *tool, const struct arguments *arguments);
};

/* Rows in the order of help. */
const struct command *command_at(size_t i); /* NULL behind the last */
size_t command_count(void);
const char *command_group_title(enum command_group group);

/* The row that argv starts with: two words ("peer list") before one ("peer").  *used is the number of
 * words that its name took.  NULL if there is none. */
const struct command *command_find(char *const *words, size_t count, size_t *used);
/* Is it the first word of verbs of two words ("peer")? */
bool command_is_family(const char *word);
/* The verb that was probably meant by one or two words, or NULL. */
const char *command_suggest(char *const *words, size_t count);

/* What an exit code says, "not found"; NULL for numbers that have none. */
const char *exit_meaning(int code);

#endif
