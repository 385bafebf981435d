#include "protocol/kinds/vocab.h"

#include "base/error.h"
#include "protocol/kinds/nearest.h"

#include <string.h>

#define AS_TOKEN(token, rank, en, zh) token,
#define AS_RANK(token, rank, en, zh) rank,
#define AS_LABELS(token, rank, en, zh) {en, zh},
#define X(symbol, id, rows)                                                                                            \
    const char *const symbol##_tokens[] = {rows(AS_TOKEN) NULL};                                                       \
    const signed char symbol##_ranks[] = {rows(AS_RANK) -1};                                                           \
    const char symbol##_vocab[] = id;                                                                                  \
    static const char *const symbol##_labels[][2] = {rows(AS_LABELS){NULL, NULL}};
MUSTER_VOCABS(X)
#undef X

static const struct vocab {
    const char *id;
    const char *const *tokens;
    const char *const (*labels)[2];
} vocabs[] = {
#define X(symbol, id, rows) {symbol##_vocab, symbol##_tokens, symbol##_labels},
    MUSTER_VOCABS(X)
#undef X
};

static const struct vocab *vocab_of(const char *id)
{
    for (size_t i = 0; id && i < ARRAY_LEN(vocabs); i++)
        if (strcmp(vocabs[i].id, id) == 0)
            return &vocabs[i];
    return NULL;
}

int vocab_at(size_t i, const char **id, const char *const **tokens)
{
    if (i >= ARRAY_LEN(vocabs))
        return 0;
    *id = vocabs[i].id;
    *tokens = vocabs[i].tokens;
    return 1;
}

int token_index(const char *const *tokens, const void *text, size_t len)
{
    for (int i = 0; tokens && tokens[i]; i++)
        if (strlen(tokens[i]) == len && memcmp(tokens[i], text, len) == 0)
            return i;
    return -1;
}

const char *token_label(const char *vocab, const char *token, enum lang lang)
{
    const struct vocab *v = vocab_of(vocab);
    int i = v ? token_index(v->tokens, token, strlen(token)) : -1;
    return i < 0 ? NULL : v->labels[i][lang == LANG_ZH];
}

const char *token_suggest(const char *const *tokens, const char *vocab, const void *text, size_t len)
{
    const struct vocab *v = vocab_of(vocab);
    struct nearest best = nearest_to(text, len);
    for (int i = 0; tokens && tokens[i]; i++) {
        nearest_try(&best, tokens[i], tokens[i]);
        if (v && v->tokens == tokens) {
            nearest_try(&best, v->labels[i][LANG_EN], tokens[i]);
            nearest_try(&best, v->labels[i][LANG_ZH], tokens[i]);
        }
    }
    return best.answer;
}
