/* tool.h — one call of muster: its settings, its streams, its way to the node. */
#ifndef MUSTER_TOOLS_TOOL_H
#define MUSTER_TOOLS_TOOL_H

#include "client/client.h"
#include "lang/lang.h"
#include "tools/command.h"
#include "tools/settings.h"

#include <stdio.h>
#include <sys/types.h>

struct tool {
    struct settings set;
    const struct command *command;
    FILE *out, *err; /* data, talk */
    bool out_terminal, err_terminal;
    bool can_ask; /* stdin and stderr are terminals */
    bool colour;  /* of out */
    bool dumb;    /* TERM says that nothing but text is understood: no line is overwritten */
    size_t width; /* of out, in columns */
    size_t height; /* of the terminal behind out, in lines; 0: none, or it does not say */
    size_t lines;  /* that screen_* and view_* have printed since it was said how complete they are */
    struct client client;
    json_t *status; /* GET /v1/status, once asked for; may be NULL */
    pid_t pager;    /* 0: none */
};

/* Columns of the terminal behind a stream, 40 to 400; 80 where there is none, or it does not say. */
size_t tool_columns(FILE *out);
/* Fills streams, width, colour and client from the settings.  The locale is set by main. */
void tool_start(struct tool *tool, const struct settings *settings, const struct command *command);
/* Flushes; waits for the pager.  Returns `code`, or 1 if the data could not be written. */
int tool_end(struct tool *tool, int code);
/* From here on out goes through the pager, if a person is watching and wants one. */
void tool_page(struct tool *tool);

/* Prints the fault in the shape that the settings ask for; returns its exit code. */
int tool_fail(struct tool *tool, const struct fault *fault);
/* A usage fault with one step; returns 2.  Like all that follow here, it translates step and format. */
int tool_usage(struct tool *tool, const char *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Talk for a person, on stderr: nothing with --quiet, and only on a terminal.  Escaped. */
void tool_hint(struct tool *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Talk that belongs to the result: on stderr unless --quiet, terminal or not.  Escaped. */
void tool_say(struct tool *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What tool_call returns when --dry-run was given and the node has said what would happen: it is printed, the verb has
 * nothing left to do.  Like an exit code it goes up to where the verb ends; there it is 0. */
enum { TOOL_DONE = -1 };

/* Asks the node.  0 and *answer (owned by the caller), or the exit code after the fault was printed.  With --dry-run every
 * POST is a rehearsal, unless the body says `dry_run` itself: what the node answers to one is printed here (preview.c). */
int tool_call(struct tool *tool, const char *method, const struct url *url, const json_t *body,
              json_t **answer);
int tool_get(struct tool *tool, const char *path, json_t **answer);
/* GET /v1/status, kept; NULL when the node does not say (nothing is printed then). */
const json_t *tool_status(struct tool *tool);
/* The space that the settings name, else the node's only one: its name, valid as long as the tool; 0, or the
 * exit code after the fault was printed. */
int tool_space(struct tool *tool, const char **name);
/* {"space": S} when one is set, else {}; owned by the caller. */
json_t *tool_body(const struct tool *tool);

/* An answer as a program asked for it: with --json the whole object, with ndjson on one line, with csv, tsv and id the rows that
 * the verb names (command.h).  True if that was it; false: a person wants a screen. */
bool tool_print_data(struct tool *tool, json_t *answer);
/* Of a verb whose cells are sentences that it makes itself: with csv and tsv they are English from here on, as those of the node are.
 * Talk beside them keeps the person's language until then. */
void tool_cells_english(const struct tool *tool);
#define TOOL_FILE_ROWS "file bytes"
/* Of a verb that wrote a file and has no other answer: {"file":…,"bytes":…} in the form that a program asked for.  False: a person
 * is told a sentence. */
bool tool_print_file(struct tool *tool, const char *path, size_t bytes);
/* Without a path, where the file itself goes to stdout: 0, or 2 when a form was asked for, which then has no place. */
int tool_file_form(struct tool *tool, const char *path);
/* Does the verb have no answer in that form (NO_ROWS, NO_ID, NO_FORMS)? */
bool tool_form_lacks(const struct command *command, enum output form);
/* With --dry-run, of a verb whose rehearsal is one sentence: {"dry_run":true} in the form that a program asked for.  False: a
 * person wants the sentence. */
bool tool_print_rehearsal(struct tool *tool);
/* Only json and ndjson; for view.c, and verbs whose rows are a view of their own. */
bool tool_print_json(struct tool *tool, json_t *answer);

#endif
