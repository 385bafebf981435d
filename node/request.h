/* request.h — one HTTP request from its first byte to its answer, as the handlers see it. */
#ifndef MUSTER_NODE_REQUEST_H
#define MUSTER_NODE_REQUEST_H

#include "node/node.h"

#include <jansson.h>
#include <microhttpd.h>

struct request;
typedef void request_fn(struct request *request);

enum api_flags {
    API_ALWAYS = 1 << 0, /* answered before init too */
    API_WRITE = 1 << 1,  /* needs the right to write */
    API_FILE = 1 << 2,   /* the body is a file, not JSON: up to API_FILE_MAX */
    API_DRY = 1 << 3,    /* `dry_run` is understood: everything it writes goes through request_write and request_command */
    API_AUDITED = 1 << 4, /* about people and rights: the audit keeps what was refused */
    API_LOOKS = 1 << 5   /* a POST that costs work and changes nothing: no administrator is needed */
};

/* A row of the API: what there is. */
struct api_row {
    const char *method, *path; /* a segment `*` takes anything: the argument */
    unsigned flags;
    request_fn *run;
    const char *help;
};
extern const struct api_row api_rows[];
extern const size_t api_rows_count;

enum { REQUEST_ARGUMENTS_MAX = 2, REQUEST_PATH_MAX = 2048 };

struct request {
    struct request *next; /* of the waiting ones */
    struct api *api;
    struct node *node;
    struct MHD_Connection *connection; /* NULL: the client has gone */
    const struct api_row *row;
    const struct node_operator *operator; /* who calls, as this node knows its users; NULL: nobody in particular */
    const char *kind;                     /* that it is about, once the handler knows: remedies name it; NULL */
    const char *language;                 /* that the client wants sentences in, "zh"; NULL: English */
    char path[REQUEST_PATH_MAX]; /* as sent, then cut into segments */
    char *argument[REQUEST_ARGUMENTS_MAX];
    size_t argument_count;
    char *body;
    size_t body_len, body_size, discarded;
    json_t *json; /* the body; an empty object without one */
    unsigned uid; /* who asks: the user at the other end of the socket */
    bool begun, ran, suspended, path_too_long, too_big;
    /* waiting for the core */
    bool waiting;
    uint64_t number;
    enum muster_error error;
    struct space_id space;
    struct agency_id agency;
    struct command_outcome outcome;
    request_fn *then;
    void *state; /* of the handler, freed with state_free */
    void (*state_free)(void *state);
    bool agreed;      /* the handler has asked the agreements about each item already */
    json_t *agreement; /* the one that let an item in: {"id","short","name"}; NULL: none binds */
    json_t *refusals; /* of a dry run: items that the handler has refused already, [{"item":place,"error":{…}}] */
    /* the answer */
    unsigned status;
    struct MHD_Response *response;
};

/* --- answers: each handler gives exactly one, now or in `then` --- */
void request_answer(struct request *request, json_t *json); /* takes the reference; 200 */
/* {"error":…}: the row of the error and a sentence. */
/* format: translated here into the language of the request; the audit keeps it in English. */
void request_refuse(struct request *request, enum muster_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void request_refuse_trouble(struct request *request, const struct trouble *trouble);
void request_bytes(struct request *request, const char *media_type, const void *bytes, size_t len);
/* An answer without an end known: `read` gives the next bytes, as MHD's content readers do; `done` frees user. */
void request_stream(struct request *request, const char *media_type, MHD_ContentReaderCallback read,
                    MHD_ContentReaderFreeCallback done, void *user);
bool request_answered(const struct request *request);
/* The error object alone, for items of a list.  why and remedy may be NULL: those of the row. */
json_t *error_json(enum muster_error error, const char *message, const char *why, const char *remedy);
/* The same about a kind, which the remedy names (`muster help KIND`); NULL: none is known. */
json_t *error_json_of(enum muster_error error, const char *message, const char *kind);

/* --- the core --- */
/* Gives the command; `then` runs when it is durable or refused (request->error). */
void request_command(struct request *request, const struct command *command, request_fn *then);
/* The same for records; items are copied by the core, results stay with the caller (in request->state). */
void request_write(struct request *request, const struct space_id *space, const struct write_item *items, size_t count,
                   struct write_result *results, request_fn *then);

/* Is only a rehearsal wanted ("dry_run":true in the body, or ?dry_run=1)?  Then request_write and request_command answer
 * what would happen and to whom it would go (preview.h), `then` is never called, and nothing is written. */
bool request_dry(const struct request *request);

/* --- what was asked --- */
/* A parameter of the query, or NULL. */
const char *request_query(const struct request *request, const char *name);
/* A text of the body: NULL if absent or null; refuses and gives NULL (*bad) when it is of another type or longer. */
const char *request_text(struct request *request, const char *name, size_t max, bool *bad);
/* The space that the query or body names (`space`), or the only one.  Refuses and gives false when there is none. */
bool request_space(struct request *request, struct space_view *out);
bool request_space_named(struct request *request, const char *name, struct space_view *out);
/* The member of the space that the text names, by name or at least 4 digits of its id; `what` is the member of the body that
 * held it.  Refuses and gives false. (api_govern.c) */
bool request_member(struct request *request, const struct space_view *space, const char *what, const char *name,
                    struct agency_id *out);
/* request_text for a name: one line, no control character in it.  Refuses, sets *bad and gives NULL. */
const char *request_line(struct request *request, const char *name, size_t max, bool *bad);
/* The object of the path, in the space of the query or in any.  Refuses and gives false. (api_object.c) */
bool request_object(struct request *request, struct space_view *space, struct object_id *id);
/* The peer that the text names; refuses and gives NULL. */
struct peer *request_peer(struct request *request, const char *name);

/* The body's "right".  Refuses and gives false. (api_join.c) */
bool request_right(struct request *request, enum right *out);
/* What follows is done for whoever asks: the audit names them; NULL: for nobody any more. */
void request_speaks(struct node *node, const struct request *request);

/* --- of api.c, for request.c --- */
void api_begin_waiting(struct request *request, request_fn *then);
/* The same for what takes long (work.h): it is no writer whom a commit waits for.  api_wake: `then` runs; a request whose
 * client has gone is freed. */
void api_wait_long(struct request *request, request_fn *then);
void api_wake(struct request *request);

#endif
