#include "protocol/kinds/nearest.h"

#include <string.h>

/* Bytes, not characters: a Chinese character is three, so near misses among labels must be exact. */
static size_t fold(char out[NEAREST_BYTES_MAX], const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == ' ' || c == '-' || c == '_' || c == '\t')
            continue;
        if (n == NEAREST_BYTES_MAX)
            return 0;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return n;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Insertions, deletions, changes and swaps of neighbours, counted. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned before[NEAREST_BYTES_MAX + 1] = {0}, last[NEAREST_BYTES_MAX + 1], now[NEAREST_BYTES_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        memcpy(before, last, sizeof(before));
        memcpy(last, now, sizeof(last));
    }
    return last[b_len];
}

struct nearest nearest_to(const void *text, size_t len)
{
    struct nearest n = {.answer = NULL};
    n.len = fold(n.word, text, len);
    n.distance = n.len <= 4 ? 2 : 3; /* one more than what is still near */
    return n;
}

void nearest_try(struct nearest *n, const char *candidate, const char *answer)
{
    char word[NEAREST_BYTES_MAX];
    size_t len = fold(word, candidate, strlen(candidate));
    if (len == 0 || n->len == 0)
        return;
    unsigned d = distance(n->word, n->len, word, len);
    /* A word of which every letter changed is no suggestion. */
    if (d < n->distance && d < len && d < n->len) {
        n->distance = d;
        n->answer = answer;
    }
}
