#include "tools/rootkey.h"

#include "crypto/keyfile.h"
#include "protocol/kinds/time3339.h"
#include "tools/ask.h"
#include "tools/files.h"
#include "tools/value.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

uint64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- passphrases ------------------------------------------------------------------------------------------- */

static bool ask_secret(struct tool *tool, const char *prompt, char out[PASSPHRASE_BYTES])
{
    struct termios before, silent;
    bool quiet = tcgetattr(STDIN_FILENO, &before) == 0;
    if (quiet) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    bool got = ask_line(tool, prompt, out, PASSPHRASE_BYTES);
    if (quiet) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', tool->err);
    }
    return got;
}

static int passphrase_load(struct tool *tool, const char *path, char out[PASSPHRASE_BYTES])
{
    struct fault fault;
    char *text;
    size_t len;
    if (file_load_text(path, 4096, &text, &len, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    size_t line = strcspn(text, "\r\n");
    bool fits = line > 0 && line < PASSPHRASE_BYTES;
    if (fits) {
        memcpy(out, text, line);
        out[line] = '\0';
    }
    crypto_wipe(text, len);
    free(text);
    if (fits)
        return 0;
    fault_set(&fault, MUSTER_EUSAGE, "the first line of %s is no passphrase of 1 to %d bytes", path, PASSPHRASE_BYTES - 1);
    return tool_fail(tool, &fault);
}

int passphrase_get(struct tool *tool, const struct arguments *args, bool fresh, const char *path, char out[PASSPHRASE_BYTES])
{
    const char *file = option_get(args, "passphrase-file");
    char prompt[KEYPATH_BYTES + 64], again[PASSPHRASE_BYTES];
    struct fault fault;
    int code = 0;
    if (file) {
        code = passphrase_load(tool, file, out);
    } else if (!tool->can_ask) {
        return tool_usage(tool, "repeat with --passphrase-file FILE", "%s wants a passphrase, and there is nobody to ask",
                          path);
    } else {
        snprintf(prompt, sizeof prompt, _("passphrase %s %s:"), fresh ? _("for the new key file") : _("of"), path);
        if (!ask_secret(tool, prompt, out))
            return tool_usage(tool, "repeat with --passphrase-file FILE", "no passphrase was given");
        if (fresh && (!ask_secret(tool, _("once more:"), again) || strcmp(again, out) != 0)) {
            crypto_wipe(again, sizeof again);
            fault_set(&fault, MUSTER_EPASSPHRASE, "the two passphrases differ");
            return tool_fail(tool, &fault);
        }
        crypto_wipe(again, sizeof again);
    }
    if (!code && fresh && strlen(out) < PASSPHRASE_MIN) {
        fault_set(&fault, MUSTER_EUSAGE, "the passphrase has less than %d characters", PASSPHRASE_MIN);
        fault_step(&fault, "take four or five words that nobody would say in this order");
        code = tool_fail(tool, &fault);
    }
    return code;
}

/* --- key files ------------------------------------------------------------------------------------------------- */

/* The folder as a descriptor, and the name in it. */
static int folder_open(const char *path, const char **name)
{
    char folder[KEYPATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 1;
    if (len >= sizeof folder)
        return -1;
    memcpy(folder, slash ? path : ".", len);
    folder[len] = '\0';
    *name = slash ? slash + 1 : path;
    return open(len ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int keyfile_fail(struct tool *tool, enum muster_error error, const char *doing, const char *path)
{
    struct fault fault;
    fault_set(&fault, error, "the key file %s cannot be %s: %s", path, doing, _(error_what(error)));
    if (error == MUSTER_EDUPLICATE) {
        fault_why(&fault, "keys are never overwritten");
        fault_step(&fault, "give another name, or move the file away");
    } else if (error == MUSTER_EIO && errno == EACCES) {
        fault_why(&fault, "this user may not");
        fault_step(&fault, "repeat it as the user of musterd, for example: sudo -u muster muster ...");
    }
    return tool_fail(tool, &fault);
}

int keyfile_open(struct tool *tool, const char *path, const char *passphrase, struct sign_secret *out)
{
    static const char *const purposes[] = {"agency-root", "agency-next"};
    const char *name;
    int dir = folder_open(path, &name);
    enum muster_error error = dir < 0 ? errno == ENOENT ? MUSTER_ENOTFOUND : MUSTER_EIO : MUSTER_EKEYFILE;
    size_t len = 0;
    for (size_t i = 0; dir >= 0 && i < ARRAY_LEN(purposes) && error == MUSTER_EKEYFILE; i++) {
        error = keyfile_read(dir, name, purposes[i], out->b, sizeof(out->b), &len, passphrase);
        if (!error && len != sizeof(out->b))
            error = MUSTER_EKEYFILE;
    }
    int code = error ? keyfile_fail(tool, error, _("used"), path) : 0;
    if (dir >= 0)
        close(dir);
    return code;
}

int keyfile_seal(struct tool *tool, const char *path, const char *purpose, const struct sign_secret *secret, const char *passphrase)
{
    const char *name;
    struct sign_secret back;
    int dir = folder_open(path, &name);
    enum muster_error error = dir < 0 ? errno == ENOENT ? MUSTER_ENOTFOUND : MUSTER_EIO : MUSTER_OK;
    size_t len = 0;
    if (!error)
        error = keyfile_write(dir, name, purpose, secret->b, sizeof(secret->b), passphrase, 0);
    int code = error ? keyfile_fail(tool, error, _("written"), path) : 0;
    if (!error)
        error = keyfile_read(dir, name, purpose, back.b, sizeof(back.b), &len, passphrase);
    if (!error && (len != sizeof(back.b) || memcmp(back.b, secret->b, sizeof(back.b)) != 0))
        error = MUSTER_EKEYFILE;
    if (error && !code)
        code = keyfile_fail(tool, error, _("read back"), path);
    crypto_wipe(&back, sizeof back);
    if (dir >= 0)
        close(dir);
    return code;
}

/* --- the agency's chain ------------------------------------------------------------------------------------------ */

int chain_load(struct tool *tool, struct chain *chain)
{
    memset(chain, 0, sizeof *chain);
    int code = tool_get(tool, "/v1/identity", &chain->answer);
    const json_t *list = code ? NULL : json_object_get(chain->answer, "statements");
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; !code && i < json_array_size(list) && !error; i++) {
        uint8_t bytes[STATEMENT_BYTES_MAX];
        const char *text = json_string_value(json_array_get(list, i));
        size_t len = text ? strlen(text) / 2 : 0;
        error = len && len <= sizeof bytes && hex_to(bytes, len, text) ? identity_take(&chain->identity, bytes, len)
                                                                      : MUSTER_EBADVALUE;
    }
    if (error) {
        struct fault fault;
        fault_set(&fault, error, "the agency's statements on the node do not hold: %s", _(error_what(error)));
        code = tool_fail(tool, &fault);
    }
    return code;
}

static void public_of(struct sign_public *out, const struct sign_secret *secret)
{
    memcpy(out->b, secret->b + 32, sizeof out->b); /* libsodium keeps it behind the seed */
}

int chain_unlock(struct tool *tool, const struct arguments *args, struct chain *chain)
{
    char passphrase[PASSPHRASE_BYTES] = "";
    const char *path = option_get(args, "root"), *here = value_text_at(chain->answer, "root_file");
    struct sign_public is;
    struct fault fault;
    int code = 0;
    if (!path && !here[0])
        return tool_usage(tool, "repeat with --root FILE", "the agency's root key is not on this node: say where its file is");
    if (path)
        code = passphrase_get(tool, args, false, path, passphrase);
    if (!code)
        code = keyfile_open(tool, path ? path : here, path ? passphrase : NULL, &chain->root);
    crypto_wipe(passphrase, sizeof passphrase);
    if (code)
        return code;
    public_of(&is, &chain->root);
    if (memcmp(is.b, chain->identity.root.b, sizeof is.b) == 0)
        return 0;
    fault_set(&fault, MUSTER_EROOTKEY, "%s is not the agency's root key", path ? path : here);
    struct hash as_next = next_root_of(&is);
    if (hash_eq(&as_next, &chain->identity.next_root)) {
        fault_why(&fault, "it is the next one, which is used to rotate");
        fault_step(&fault, "muster key rotate --root %s", path ? path : here);
    }
    return tool_fail(tool, &fault);
}

uint8_t *chain_room(struct chain *chain)
{
    return chain->count < CHAIN_NEW_MAX ? chain->bytes[chain->count] : NULL;
}

int chain_add(struct tool *tool, struct chain *chain, size_t len, const char *what)
{
    struct fault fault;
    if (len) {
        chain->lens[chain->count++] = len;
        return 0;
    }
    fault_set(&fault, MUSTER_EBADVALUE, "%s cannot be stated", what);
    fault_why(&fault, "a name is too long or not UTF-8, or the agency has all %d nodes or %d operators that it may have in its life",
              AGENCY_NODES_MAX, AGENCY_OPERATORS_MAX);
    return tool_fail(tool, &fault);
}

json_t *statements_body(const struct chain *chain)
{
    json_t *list = json_array();
    for (size_t i = 0; i < chain->count; i++) {
        char text[2 * STATEMENT_BYTES_MAX + 1];
        json_array_append_new(list, json_string(hex_from(text, chain->bytes[i], chain->lens[i])));
    }
    return json_pack("{s:o}", "statements", list);
}

int chain_send(struct tool *tool, struct chain *chain)
{
    struct url url;
    json_t *answer = NULL, *body = statements_body(chain);
    url_start(&url, "/v1/identity");
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (!code) {
        json_decref(chain->answer);
        chain->answer = answer;
    }
    return code;
}

void chain_clear(struct chain *chain)
{
    json_decref(chain->answer);
    crypto_wipe(chain, sizeof *chain);
}

const json_t *chain_find(struct tool *tool, const struct chain *chain, const char *list, const char *name, int *code)
{
    const json_t *items = json_object_get(chain->answer, list), *found = NULL;
    struct fault fault;
    size_t count = 0;
    for (int by_id = 0; by_id < 2 && !found; by_id++)
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *item = json_array_get(items, i);
            if (by_id ? strlen(name) < 4 || strncasecmp(value_text_at(item, "id"), name, strlen(name)) != 0
                      : strcmp(value_text_at(item, "name"), name) != 0)
                continue;
            if (!found || strcmp(value_text_at(found, "state"), "revoked") == 0) /* a name may have been given anew */
                found = item;
            count += strcmp(value_text_at(item, "state"), "revoked") != 0;
        }
    if (found && count < 2)
        return found;
    fault_set(&fault, found ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND, found ? "more than one of the agency's %s is \"%s\"" : "none of the agency's %s is called \"%s\"",
              list, name);
    fault_step(&fault, "muster key list");
    *code = tool_fail(tool, &fault);
    return NULL;
}

int until_get(struct tool *tool, const struct arguments *args, unsigned standard, uint64_t *out)
{
    const char *text = option_get(args, "until"), *why = NULL;
    struct time3339 time;
    *out = wall_ms() + (uint64_t)standard * 24 * 3600 * 1000;
    if (!text)
        return 0;
    if (strcmp(text, "never") == 0) {
        *out = 0;
        return 0;
    }
    if (time3339_parse(&time, text, strlen(text), &why) != MUSTER_OK)
        return tool_usage(tool, "write it as 2027-01-31T12:00:00Z, or never", "--until %s is no time: %s", text, why ? why : "");
    if (time.ms <= 0 || (uint64_t)time.ms <= wall_ms())
        return tool_usage(tool, "give a time to come", "--until %s is past", text);
    *out = (uint64_t)time.ms;
    return 0;
}

bool print_data_of(struct tool *tool, json_t *answer)
{
    bool printed = tool_print_data(tool, answer);
    json_decref(answer);
    return printed;
}
