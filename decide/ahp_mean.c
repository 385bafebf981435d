/* ahp_mean.c — several people's judgements become one, by comparing whole numbers: no logarithm, no root. */
#include "decide/ahp.h"

/* (20000 * 9)^64 * 9^64 needs 1317 bits. */
enum { LIMBS = 48 };

struct big {
    uint32_t limb[LIMBS];
    size_t count;
};

static void big_times(struct big *big, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        big->limb[big->count++] = (uint32_t)carry;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* Is (half / 20000)^count at most the product of those judgements, `up` of which count for i and `down` for j? */
static bool root_reaches(uint32_t half, const uint32_t *up, size_t ups, const uint32_t *down, size_t downs, size_t count)
{
    struct big left = {{1}, 1}, right = {{1}, 1};
    for (size_t i = 0; i < count; i++) {
        big_times(&left, half);
        big_times(&right, 2 * AHP_ENTRY);
    }
    for (size_t i = 0; i < downs; i++)
        big_times(&left, down[i]);
    for (size_t i = 0; i < ups; i++)
        big_times(&right, up[i]);
    return big_compare(&left, &right) <= 0;
}

/* The mean of the entry (i, j): whole judgements, so that its nearest ten-thousandth is never a draw. */
static int32_t mean_of(const struct ahp_matrix *matrices, size_t count, size_t i, size_t j)
{
    uint32_t more[AHP_EXPERTS_MAX], less[AHP_EXPERTS_MAX];
    size_t mores = 0, lesses = 0;
    for (size_t k = 0; k < count; k++) {
        int32_t entry = matrices[k].entry[i][j] / AHP_ENTRY;
        if (entry > 0)
            more[mores++] = (uint32_t)entry;
        else
            less[lesses++] = (uint32_t)-entry;
    }
    bool first = root_reaches(2 * AHP_ENTRY, more, mores, less, lesses, count); /* at least 1: i is the weightier */
    const uint32_t *up = first ? more : less, *down = first ? less : more;
    size_t ups = first ? mores : lesses, downs = first ? lesses : mores;
    uint32_t low = AHP_ENTRY, high = AHP_SCALE_MAX * AHP_ENTRY;
    while (low < high) { /* the largest m with m - 1/2 at most the mean */
        uint32_t middle = (low + high + 1) / 2;
        if (root_reaches(2 * middle - 1, up, ups, down, downs, count))
            low = middle;
        else
            high = middle - 1;
    }
    return first ? (int32_t)low : -(int32_t)low;
}

enum muster_error ahp_mean(struct ahp_matrix *out, const struct ahp_matrix *matrices, size_t count)
{
    size_t row, column;
    if (!count)
        return MUSTER_EUSAGE;
    if (count > AHP_EXPERTS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t k = 0; k < count; k++)
        if (matrices[k].count != matrices[0].count || !matrices[k].count || matrices[k].count > AHP_ITEMS_MAX ||
            ahp_matrix_fault(&matrices[k], false, &row, &column) != AHP_SOUND)
            return MUSTER_EBADVALUE;
    struct ahp_matrix mean;
    ahp_matrix_start(&mean, matrices[0].count);
    for (size_t i = 0; i < mean.count; i++)
        for (size_t j = i + 1; j < mean.count; j++)
            ahp_matrix_set(&mean, i, j, mean_of(matrices, count, i, j));
    *out = mean;
    return MUSTER_OK;
}
