/* muster key list, export-root, rotate: the agency's own keys. */
#include "tools/ask.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- list ------------------------------------------------------------------------------------------------------ */

static const struct column node_columns[] = {
    {"name",    N_("NODE"),   COLUMN_TITLE | COLUMN_CUT, NULL},
    {"id",      N_("ID"),   COLUMN_FILE,               NULL},
    {"short",   N_("ID"),   COLUMN_SCREEN,             NULL},
    {"state",   N_("STATE"),   0,                         NULL},
    {"expires", N_("EXPIRES"),   COLUMN_TIME,               NULL},
    {"this",    N_("THIS"),   0,                         NULL},
};
static const struct column operator_columns[] = {
    {"name",    N_("OPERATOR"), COLUMN_TITLE | COLUMN_CUT, NULL},
    {"short",   N_("ID"),   COLUMN_SCREEN,             NULL},
    {"roles",   N_("ROLES"),   COLUMN_CUT,                NULL},
    {"state",   N_("STATE"),   0,                         NULL},
    {"user",    N_("USER"),   COLUMN_CUT,                NULL},
};
static const struct view nodes_view = {.columns = node_columns, .count = ARRAY_LEN(node_columns), .id_path = "id",
                                       .items = "nodes", .none = N_("no nodes")};
static const struct view operators_view = {.columns = operator_columns, .count = ARRAY_LEN(operator_columns), .id_path = "id",
                                           .items = "operators", .none = N_("no operators")};

static void shorten(json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        json_object_set_new(item, "short", json_stringn(value_text_at(item, "id"), 12));
    }
}

static int key_list_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    (void)args;
    int code = tool_get(tool, "/v1/identity", &answer);
    if (code)
        return code;
    if (tool->set.output != OUTPUT_TABLE) {
        if (!tool_print_data(tool, answer))
            code = view_list(tool, answer, &nodes_view);
        json_decref(answer);
        return code;
    }
    const char *file = value_text_at(answer, "root_file");
    shorten(json_object_get(answer, "nodes"));
    shorten(json_object_get(answer, "operators"));
    screen_head(tool, NULL);
    screen_field(tool, _("agency"), 9, value_text_at(answer, "agency.name"));
    screen_field(tool, _("id"), 9, value_text_at(answer, "agency.id"));
    screen_field(tool, _("root"), 9, value_text_at(answer, "root"));
    screen_field(tool, _("root file"), 9,
                 file[0] ? file : _("not on this node"));
    screen_title(tool, "nodes");
    view_table(tool, json_object_get(answer, "nodes"), &nodes_view);
    screen_title(tool, "operators");
    view_table(tool, json_object_get(answer, "operators"), &operators_view);
    json_decref(answer);
    return 0;
}

const struct command command_key_list = {
    .name = "key list",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = key_list_run,
    .help = "the root key, the nodes and their expiry, the operators",
    .example = "muster key list",
    .exits = EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster agency root next_root nodes operators root_file next_file statements",
};

/* --- export-root ------------------------------------------------------------------------------------------------ */

/* Overwritten before it is removed, as far as the file system lets that mean something. */
static int plain_remove(struct tool *tool, const char *path)
{
    static const uint8_t zeroes[512];
    struct stat st;
    struct fault fault;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bool done = fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= (off_t)sizeof zeroes &&
                write(fd, zeroes, (size_t)st.st_size) == (ssize_t)st.st_size && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    if (done && unlink(path) == 0)
        return 0;
    fault_set(&fault, MUSTER_EIO, "%s cannot be removed; the root key is still on this node", path);
    fault_step(&fault, "remove it by hand: shred -u %s", path);
    return tool_fail(tool, &fault);
}

static int move_root(struct tool *tool, const char *from, const char *to, const char *purpose, const char *passphrase)
{
    struct sign_secret secret;
    int code = keyfile_open(tool, from, NULL, &secret);
    if (!code)
        code = keyfile_seal(tool, to, purpose, &secret, passphrase);
    crypto_wipe(&secret, sizeof secret);
    return code;
}

static void next_path(char out[KEYPATH_BYTES], const struct arguments *args, const char *path)
{
    const char *given = option_get(args, "next");
    snprintf(out, KEYPATH_BYTES, given ? "%s" : "%s.next", given ? given : path);
}

static int export_root_run(struct tool *tool, const struct arguments *args)
{
    char passphrase[PASSPHRASE_BYTES] = "", next[KEYPATH_BYTES];
    struct chain *chain = malloc(sizeof *chain);
    struct fault fault;
    if (!chain)
        return 1;
    int code = chain_load(tool, chain);
    const char *root_file = code ? "" : value_text_at(chain->answer, "root_file"),
               *next_file = code ? "" : value_text_at(chain->answer, "next_file");
    if (!code && (!root_file[0] || !next_file[0])) {
        fault_set(&fault, MUSTER_ENOTFOUND, "the agency's root key is not on this node");
        fault_why(&fault, "it was moved before, or the agency was made elsewhere");
        code = tool_fail(tool, &fault);
    }
    next_path(next, args, args->words[0]);
    if (!code)
        code = passphrase_get(tool, args, true, args->words[0], passphrase);
    if (!code)
        code = move_root(tool, root_file, args->words[0], "agency-root", passphrase);
    if (!code)
        code = move_root(tool, next_file, next, "agency-next", passphrase);
    if (!code && !option_get(args, "keep")) {
        code = plain_remove(tool, root_file);
        if (!code)
            code = plain_remove(tool, next_file);
    }
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:s, s:b}", "muster", 1, "root", args->words[0], "next", next,
                                                  "kept", option_get(args, "keep") != NULL))) {
        screen_line(tool, "%s", args->words[0]);
        screen_line(tool, "%s", next);
        tool_hint(tool, "keep the two apart, on media that are not in this room; without them nothing can be certified");
    }
    crypto_wipe(passphrase, sizeof passphrase);
    chain_clear(chain);
    free(chain);
    return code;
}

static const struct option_row export_options[] = {
    {"next",            0, "FILE", "where the key after it goes; FILE.next unless said"},
    {"passphrase-file", 0, "FILE", "the passphrase is the first line of this file"},
    {"keep",            0, NULL,   "leave the keys on the node as well"},
    {NULL,              0, NULL,   NULL},
};

const struct command command_key_export_root = {
    .name = "key export-root",
    .args = "FILE",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .options = export_options,
    .run = export_root_run,
    .help = "move the agency's root key into a file sealed by a passphrase",
    .detail = "The keys are written, read back and compared, and only then removed from the node. Run it as the user "
              "of musterd: nobody else may read them. FILE can be on a stick.",
    .example = "muster key export-root /media/safe/agency.key",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster root next kept",
    .rows = "root next",
};

/* --- rotate ----------------------------------------------------------------------------------------------------- */

static int rotate_with(struct tool *tool, const struct arguments *args, struct chain *chain, const char *path)
{
    char passphrase[PASSPHRASE_BYTES] = "", next[KEYPATH_BYTES];
    struct sign_secret secret, next_secret;
    struct sign_public root, next_public;
    struct fault fault;
    int code = passphrase_get(tool, args, false, path, passphrase);
    if (!code)
        code = keyfile_open(tool, path, passphrase, &secret);
    if (code)
        goto out;
    memcpy(root.b, secret.b + 32, sizeof root.b);
    struct hash is = next_root_of(&root);
    if (!hash_eq(&is, &chain->identity.next_root)) {
        fault_set(&fault, MUSTER_ECOMMITMENT, "%s is not the next root key that the agency has committed to", path);
        fault_why(&fault, "a thief of today's key can not rotate: only the key named beforehand can");
        fault_step(&fault, "give the file of the next root key, written beside the root key file");
        code = tool_fail(tool, &fault);
        goto out;
    }
    sign_keys(&next_public, &next_secret);
    next_path(next, args, path);
    code = keyfile_seal(tool, next, "agency-next", &next_secret, passphrase);
    crypto_wipe(&next_secret, sizeof next_secret);
    if (code)
        goto out;
    struct hash after = next_root_of(&next_public);
    code = chain_add(tool, chain, statement_rotation(chain_room(chain), &chain->identity, &root, &secret, &after, wall_ms()),
                     _("the rotation"));
    if (!code)
        code = chain_send(tool, chain);
    if (code)
        (void)!unlink(next);
    else if (!print_data_of(tool, json_pack("{s:i, s:s, s:s, s:s}", "muster", 1, "root", path, "next", next, "fingerprint",
                                              value_text_at(chain->answer, "root"))))
        screen_line(tool, "%s is the root key now, %s the next one", path, next);
out:
    crypto_wipe(passphrase, sizeof passphrase);
    crypto_wipe(&secret, sizeof secret);
    return code;
}

static int key_rotate_run(struct tool *tool, const struct arguments *args)
{
    const char *path = option_get(args, "root");
    struct chain *chain = malloc(sizeof *chain);
    int code = chain ? chain_load(tool, chain) : 1;
    if (!code && !path) {
        code = tool_usage(tool, value_text_at(chain->answer, "next_file")[0] ? "muster key export-root FILE moves both keys into files first"
                                                                            : "repeat with --root FILE",
                          "--root is missing: the file of the next root key");
    } else if (!code && ask_name(tool, &code, value_text_at(chain->answer, "agency.name"),
                                 _("The root key is replaced for good; the old one signs nothing any more."))) {
        code = rotate_with(tool, args, chain, path);
    }
    if (chain)
        chain_clear(chain);
    free(chain);
    return code;
}

static const struct option_row rotate_options[] = {
    {"root",            0, "FILE", "the file of the next root key"},
    {"passphrase-file", 0, "FILE", "its passphrase is the first line of this file"},
    {"next",            0, "FILE", "where the key after it goes; FILE.next unless said"},
    {NULL,              0, NULL,   NULL},
};

const struct command command_key_rotate = {
    .name = "key rotate",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .options = rotate_options,
    .run = key_rotate_run,
    .help = "replace the agency's root key by the next one",
    .detail = "The next root key was committed to when the agency was made, or at the last rotation: only its file can "
              "rotate. A new next key is written beside it, under the same passphrase.",
    .example = "muster key rotate --root /media/safe/agency.key.next --yes=\"Red Cross\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster root next fingerprint",
    .rows = "root next fingerprint",
};
