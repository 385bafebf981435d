/* verify_main.c — muster-verify: `muster verify` for people who have nothing of muster.
 *
 * One static file without node, network, configuration or libraries, and with its Chinese in itself.  Opens the files that are named, for reading, and
 * nothing else. */
#include "tools/audit_file.h"

#include "base/text.h"
#include "lang/lang.h"
#include "tools/folding.h"

#include <stdlib.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 3, EXIT_PROOF = 9, CARD_FILE_MAX = 64 * 1024, COLUMNS = 80 };

static const char usage[] =
    N_("usage: muster-verify FILE (--card FILE | --agency ID | --trust-self) [--json]\n"
    "\n"
    "Says who said what and when, by a proof file or an exported audit of muster,\n"
    "and what it does not prove.\n"
    "  --card FILE    the agency's card, from the agency itself\n"
    "  --agency ID    the agency's id, 64 hex digits, as it told you\n"
    "  --trust-self   believe the file's own word for who the agency is\n"
    "  --json         one JSON object instead of sentences\n"
    "  --lang LANG    zh or en; else what LC_ALL, LC_MESSAGES or LANG ask for\n"
    "Ends with 0 when all of it holds, 9 when anything does not, 2 or 3 when it was\n"
    "not understood or not found.\n");

/* The whole file, at most max bytes; NULL after a sentence. */
static uint8_t *load(const char *path, size_t max, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = file ? malloc(max + 1) : NULL;
    *len = bytes ? fread(bytes, 1, max + 1, file) : 0;
    bool sound = bytes && !ferror(file) && *len <= max;
    if (file)
        fclose(file);
    if (sound)
        return bytes;
    fprintf(stderr, "muster-verify: %s %s\n", path, *len > max ? _("is too long for its kind") : _("cannot be read"));
    free(bytes);
    return NULL;
}

static int refused(const char *path, const char *sentence, const char *step)
{
    char safe[4 * PROOF_SENTENCE_BYTES];
    struct folding folding;
    text_for_terminal(safe, sizeof(safe), sentence, strlen(sentence));
    folding_begin(&folding);
    fprintf(folding.stream, "muster-verify: ");
    fprintf(folding.stream, _("%s proves nothing"), path);
    fprintf(folding.stream, "\n%s%s\n", _("  why:  "), safe);
    if (step[0])
        fprintf(folding.stream, "%s%s\n", _("  do:   "), step);
    folding_end(&folding, stderr, COLUMNS);
    return EXIT_PROOF;
}

struct call {
    const char *file, *card;
    bool json;
    struct proof_anchor anchor;
};

static bool read_call(struct call *call, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(word, "--json") == 0) {
            call->json = true;
        } else if (strcmp(word, "--lang") == 0 && next) {
            i++; /* read before, for what is said of the other words */
        } else if (strcmp(word, "--trust-self") == 0) {
            call->anchor.self = true;
        } else if (strcmp(word, "--card") == 0 && next && !call->card) {
            call->card = next;
            i++;
        } else if (strcmp(word, "--agency") == 0 && next && !call->anchor.by_id) {
            call->anchor.by_id = true;
            if (!hex_to(call->anchor.agency.b, HASH_BYTES, next))
                return false;
            i++;
        } else if (word[0] != '-' && !call->file) {
            call->file = word;
        } else {
            return false;
        }
    }
    return call->file;
}

/* An exported audit, by its first bytes. */
static int verify_audit(const struct call *call, const uint8_t *bytes, size_t len)
{
    struct proof_problem problem;
    char steps[PROOF_SENTENCE_BYTES];
    struct audit_file *file = calloc(1, sizeof(*file));
    int code = file ? EXIT_OK : EXIT_FAILED;
    if (file && audit_file_judge(file, bytes, len, &call->anchor, &problem, steps) != MUSTER_OK)
        code = refused(call->file, problem.sentence, steps);
    else if (file && call->json)
        audit_file_json(stdout, file, &call->anchor);
    else if (file)
        audit_file_say(stdout, file, &call->anchor, COLUMNS);
    free(file);
    return code;
}

static int verify(struct call *call, struct card *card)
{
    struct proof_file file = {.bytes = NULL};
    struct proof_problem problem;
    char steps[PROOF_SENTENCE_BYTES];
    uint8_t *card_text = NULL, *card_bytes = NULL, *bytes = NULL;
    size_t len = 0;
    int code = EXIT_NOT_FOUND;
    if (call->card) {
        if (!(card_text = load(call->card, CARD_FILE_MAX, &len)))
            goto out;
        enum muster_error error = proof_card_read(card, &card_bytes, card_text, len);
        if (error) {
            fputs("muster-verify: ", stderr);
            fprintf(stderr, _("%s is no card that holds: %s"), call->card, _(error_what(error)));
            fputc('\n', stderr);
            code = EXIT_PROOF;
            goto out;
        }
        call->anchor.card = card;
    }
    if (!(bytes = load(call->file, PROOFS_FILE_MAX, &len)))
        goto out;
    code = EXIT_OK;
    if (audit_file_is(bytes, len))
        code = verify_audit(call, bytes, len);
    else if (proof_file_read(&file, bytes, len, &call->anchor, &problem, steps) != MUSTER_OK)
        code = refused(call->file, problem.sentence, steps);
    else if (call->json)
        proof_file_json(stdout, &file);
    else
        proof_file_say(stdout, &file, COLUMNS);
    if (fflush(stdout) != 0 || ferror(stdout))
        code = EXIT_FAILED;
out:
    proof_file_clear(&file);
    free(bytes);
    free(card_bytes);
    free(card_text);
    return code;
}

/* The sentences of all of muster in Chinese lie in the program itself: it is carried about as one file. */
extern const unsigned char verify_catalogue[], verify_catalogue_end[];
__asm__(".section .rodata\n"
        ".global verify_catalogue, verify_catalogue_end\n"
        "verify_catalogue:\n.incbin \"" MUSTER_MO "\"\n"
        "verify_catalogue_end:\n.previous\n");

/* What programs read is the same in both. */
static void lang_choose(int argc, char **argv)
{
    const char *name = lang_of_environment();
    bool json = false;
    for (int i = 1; i < argc; i++) {
        json |= strcmp(argv[i], "--json") == 0;
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            name = argv[i + 1];
    }
    lang_start_with(verify_catalogue, (size_t)(verify_catalogue_end - verify_catalogue));
    lang_use(json ? NULL : name);
}

int main(int argc, char **argv)
{
    struct call call = {.file = NULL};
    struct card *card;
    lang_choose(argc, argv);
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        fputs(_(usage), stdout);
        return EXIT_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("muster-verify " MUSTER_VERSION);
        return EXIT_OK;
    }
    if (!read_call(&call, argc, argv)) {
        fputs(_(usage), stderr);
        return EXIT_USAGE;
    }
    if (crypto_start() != MUSTER_OK || !(card = calloc(1, sizeof(*card)))) {
        fprintf(stderr, "muster-verify: %s\n", _("cannot start"));
        return EXIT_FAILED;
    }
    int code = verify(&call, card);
    free(card);
    return code;
}
