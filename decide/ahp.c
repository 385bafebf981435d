#include "decide/ahp.h"

#include <string.h>

/* Inside, numbers are in 10^-12: a product of two of them, summed over 15 items and multiplied once more, fits 128 bits. */
static const int64_t one = 1000000000000;

static const struct {
    const char *name;
    int64_t index[AHP_ITEMS_MAX]; /* 10^-7 */
} tables[AHP_RI_COUNT] = {
    [AHP_RI_AHPWR] = {"AHPWR", {0, 0, 5800000, 9000000, 11200000, 12400000, 13200000, 14100000, 14500000, 14900000, 15100000,
                                14800000, 15600000, 15700000, 15900000}},
    [AHP_RI_AHPSURVEY] = {"ahpsurvey", {0, 0, 5251686, 8836651, 11081014, 12492774, 13415514, 14048466, 14507197, 14857266,
                                        15141022, 15356638, 15545925, 15703498, 15839958}},
};

int64_t ahp_random_index(enum ahp_ri table, size_t count)
{
    return table < AHP_RI_COUNT && count && count <= AHP_ITEMS_MAX ? tables[table].index[count - 1] : 0;
}

const char *ahp_ri_name(enum ahp_ri table)
{
    return table < AHP_RI_COUNT ? tables[table].name : "";
}

enum ahp_ri ahp_ri_by_name(const char *name)
{
    enum ahp_ri table = 0;
    while (table < AHP_RI_COUNT && strcmp(tables[table].name, name) != 0)
        table++;
    return table;
}

void ahp_matrix_start(struct ahp_matrix *matrix, size_t count)
{
    *matrix = (struct ahp_matrix){.count = count};
    for (size_t i = 0; i < count; i++)
        matrix->entry[i][i] = AHP_ENTRY;
}

void ahp_matrix_set(struct ahp_matrix *matrix, size_t a, size_t b, int32_t value)
{
    if (value == -AHP_ENTRY) /* as much as: the same from both sides */
        value = AHP_ENTRY;
    matrix->entry[a][b] = value;
    matrix->entry[b][a] = value == AHP_ENTRY ? value : -value;
}

static bool on_scale(int32_t entry, bool mean)
{
    const int32_t most = AHP_SCALE_MAX * AHP_ENTRY;
    return entry >= -most && entry <= most && (entry >= AHP_ENTRY || entry <= -AHP_ENTRY) && (mean || entry % AHP_ENTRY == 0);
}

enum ahp_fault ahp_matrix_fault(const struct ahp_matrix *matrix, bool mean, size_t *row, size_t *column)
{
    for (size_t i = 0; i < matrix->count; i++)
        for (size_t j = 0; j < matrix->count; j++) {
            int32_t here = matrix->entry[i][j], there = matrix->entry[j][i];
            *row = i, *column = j;
            if (here == 0)
                return AHP_MISSING;
            if (i == j && here != AHP_ENTRY)
                return AHP_DIAGONAL;
            if (!on_scale(here, mean))
                return AHP_OFF_SCALE;
            if (there && i != j && here != -there && (here != AHP_ENTRY || there != AHP_ENTRY))
                return AHP_NOT_RECIPROCAL;
        }
    return AHP_SOUND;
}

/* An entry in 10^-12. */
static int64_t entry_fine(int32_t entry)
{
    int64_t size = entry < 0 ? -entry : entry;
    return entry > 0 ? size * (one / AHP_ENTRY) : (one * AHP_ENTRY + size / 2) / size;
}

/* One round: the weights times the matrix, brought back to a sum of one.  Returns the sum before, in 10^-24. */
static __int128 power_round(int64_t weights[AHP_ITEMS_MAX], const int64_t a[AHP_ITEMS_MAX][AHP_ITEMS_MAX], size_t count)
{
    __int128 x[AHP_ITEMS_MAX], sum = 0;
    for (size_t i = 0; i < count; i++) {
        x[i] = 0;
        for (size_t j = 0; j < count; j++)
            x[i] += (__int128)a[i][j] * weights[j];
        sum += x[i];
    }
    for (size_t i = 0; i < count; i++)
        weights[i] = (int64_t)((x[i] * one + sum / 2) / sum);
    return sum;
}

/* Largest remainders, so that what is published adds up to one. */
static void weights_round(struct ahp_result *out, size_t count)
{
    const int64_t step = one / AHP_WEIGHT;
    int64_t rest[AHP_ITEMS_MAX], left = AHP_WEIGHT;
    for (size_t i = 0; i < count; i++) {
        out->weights[i] = (int32_t)(out->fine[i] / step);
        rest[i] = out->fine[i] % step;
        left -= out->weights[i];
    }
    for (; left > 0; left--) {
        size_t most = 0;
        for (size_t i = 1; i < count; i++)
            if (rest[i] > rest[most])
                most = i;
        out->weights[most]++;
        rest[most] = -1;
    }
}

/* Of a matrix without fault. */
static void solve(struct ahp_result *out, const struct ahp_matrix *matrix, enum ahp_ri table)
{
    int64_t a[AHP_ITEMS_MAX][AHP_ITEMS_MAX], before[AHP_ITEMS_MAX];
    size_t n = matrix->count;
    *out = (struct ahp_result){.lambda = (int32_t)n * AHP_ENTRY};
    for (size_t i = 0; i < n; i++) {
        out->fine[i] = (one + (int64_t)n / 2) / (int64_t)n;
        for (size_t j = 0; j < n; j++)
            a[i][j] = entry_fine(matrix->entry[i][j]);
    }
    __int128 sum = 0, total = 0;
    for (size_t round = 0; round < AHP_ROUNDS; round++) {
        memcpy(before, out->fine, sizeof before);
        sum = power_round(out->fine, a, n);
        if (memcmp(before, out->fine, n * sizeof(*before)) == 0)
            break;
    }
    weights_round(out, n);
    if (n <= 2)
        return; /* two items cannot contradict each other, and their RI is nothing to divide by */
    for (size_t i = 0; i < n; i++)
        total += before[i];
    int64_t lambda = (int64_t)((sum + total / 2) / total), above = lambda - (int64_t)n * one;
    int64_t ri = ahp_random_index(table, n), parts = one / AHP_ENTRY;
    if (above < 0)
        above = 0; /* rounding of reciprocals: lambda is never below n */
    out->lambda = (int32_t)(((int64_t)n * one + above + parts / 2) / parts);
    out->fine_ci = above / (int64_t)(n - 1);
    out->ci = (int32_t)((out->fine_ci + parts / 2) / parts);
    __int128 whole = (__int128)ri * parts;
    out->cr = (int32_t)(((__int128)out->fine_ci * 10000000 + whole / 2) / whole);
}

enum muster_error ahp_solve(struct ahp_result *out, const struct ahp_matrix *matrix, enum ahp_ri table)
{
    size_t row, column;
    if (matrix->count > AHP_ITEMS_MAX)
        return MUSTER_ETOOBIG;
    if (!matrix->count || table >= AHP_RI_COUNT || ahp_matrix_fault(matrix, true, &row, &column) != AHP_SOUND)
        return MUSTER_EBADVALUE;
    solve(out, matrix, table);
    return MUSTER_OK;
}

/* How many times a judgement is more, or less, than what the weights say: one or above, in 10^-12. */
static __int128 deviation(const struct ahp_matrix *matrix, const struct ahp_result *solved, size_t i, size_t j)
{
    __int128 ratio = (__int128)entry_fine(matrix->entry[i][j]) * solved->fine[j] / solved->fine[i];
    return ratio >= one ? ratio : ratio > 0 ? (__int128)one * one / ratio : 0;
}

bool ahp_mend(struct ahp_mend *out, const struct ahp_matrix *matrix, const struct ahp_result *solved, enum ahp_ri table)
{
    __int128 worst = 0;
    if (matrix->count < 3 || solved->cr == 0)
        return false;
    for (size_t i = 0; i < matrix->count; i++)
        for (size_t j = i + 1; j < matrix->count; j++) {
            __int128 here = deviation(matrix, solved, i, j);
            if (here > worst)
                worst = here, out->a = i, out->b = j;
        }
    struct ahp_matrix changed = *matrix;
    int64_t best = INT64_MAX;
    out->said = matrix->entry[out->a][out->b];
    for (int value = -AHP_SCALE_MAX; value <= AHP_SCALE_MAX; value++) {
        struct ahp_result then;
        if (value > -2 && value < 1)
            continue; /* 1 is there once */
        ahp_matrix_set(&changed, out->a, out->b, value * AHP_ENTRY);
        solve(&then, &changed, table);
        if (then.fine_ci >= best)
            continue;
        best = then.fine_ci;
        out->better = value * AHP_ENTRY;
        out->cr = then.cr;
    }
    return true;
}

struct ahp_range ahp_weight_range(const struct ahp_result *solved, size_t count, size_t item)
{
    struct ahp_range range = {-1, -1};
    int64_t mine = solved->weights[item], below = -1, above = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t other = solved->weights[i];
        if (i == item)
            continue;
        if (other <= mine && other > below)
            below = other;
        if (other >= mine && other < above)
            above = other;
    }
    /* The others shrink by (1 - new) / (1 - mine): new = other * (1 - new) / (1 - mine). */
    if (below >= 0)
        range.falls_to = (int32_t)((below * AHP_WEIGHT + (AHP_WEIGHT - mine + below) / 2) / (AHP_WEIGHT - mine + below));
    if (above != INT64_MAX)
        range.rises_to = (int32_t)((above * AHP_WEIGHT + (AHP_WEIGHT - mine + above) / 2) / (AHP_WEIGHT - mine + above));
    return range;
}
