/* rootkey.h — the agency's root key: in a file sealed under a passphrase, used here and never sent anywhere. */
#ifndef MUSTER_TOOLS_ROOTKEY_H
#define MUSTER_TOOLS_ROOTKEY_H

#include "protocol/trust/statement.h"
#include "tools/arguments.h"
#include "tools/tool.h"

enum { PASSPHRASE_BYTES = 256, PASSPHRASE_MIN = 8, CHAIN_NEW_MAX = 16, KEYPATH_BYTES = 512 };

/* The two options of every verb that signs. */
#define ROOT_OPTIONS                                                                                                     \
    {"root",            0, "FILE", "the agency's root key file; else the one on this node"},                            \
    {"passphrase-file", 0, "FILE", "its passphrase is the first line of this file"       }

/* --- key files --- */
/* One line without echo, or the first line of --passphrase-file.  fresh: asked twice, at least PASSPHRASE_MIN bytes.
 * 0 or the exit code after the fault was printed. */
int passphrase_get(struct tool *tool, const struct arguments *args, bool fresh, const char *path, char out[PASSPHRASE_BYTES]);
/* A new sealed file, read back and compared; refuses to replace one. */
int keyfile_seal(struct tool *tool, const char *path, const char *purpose, const struct sign_secret *secret, const char *passphrase);
/* A root key: of purpose agency-root, or agency-next once it has been rotated to.  passphrase NULL: a plain file. */
int keyfile_open(struct tool *tool, const char *path, const char *passphrase, struct sign_secret *out);

/* --- the agency's chain --- */
struct chain {
    json_t *answer; /* GET /v1/identity */
    struct identity identity;
    struct sign_secret root;
    uint8_t bytes[CHAIN_NEW_MAX][STATEMENT_BYTES_MAX];
    size_t lens[CHAIN_NEW_MAX], count; /* new statements, to be sent */
};
/* Asks the node, checks every statement.  0 or the exit code. */
int chain_load(struct tool *tool, struct chain *chain);
/* The root key, as --root says or as it lies on the node; EROOTKEY when it is another. */
int chain_unlock(struct tool *tool, const struct arguments *args, struct chain *chain);
/* The room for the next statement; NULL when there are CHAIN_NEW_MAX. */
uint8_t *chain_room(struct chain *chain);
/* What a maker wrote there; len 0: the sentence that it cannot be. */
int chain_add(struct tool *tool, struct chain *chain, size_t len, const char *what);
/* Sends them; chain->answer is the new state. */
int chain_send(struct tool *tool, struct chain *chain);
void chain_clear(struct chain *chain);
/* {"statements": [hex…]} */
json_t *statements_body(const struct chain *chain);
/* The node or operator ("nodes", "operators") called so, by name or at least 4 digits of its id; NULL after the fault was
 * printed, with *code. */
const json_t *chain_find(struct tool *tool, const struct chain *chain, const char *list, const char *name, int *code);

/* --until TIME: RFC 3339, in the future; else `standard` days from now.  0 or the exit code. */
int until_get(struct tool *tool, const struct arguments *args, unsigned standard, uint64_t *out);
uint64_t wall_ms(void);
/* tool_print_json of an answer made here, which it takes. */
bool print_data_of(struct tool *tool, json_t *answer);

#endif
