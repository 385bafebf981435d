#include "node/metrics.h"

#include <stdio.h>
#include <string.h>

const struct metric_row metric_rows[METRIC_COUNT] = {
#define X(constant, name, type, label, help) {name, label, help, METRIC_##type},
    MUSTER_METRICS(X)
#undef X
};

size_t metrics_write(char *out, size_t size, const double values[METRIC_COUNT])
{
    size_t len = 0;
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &metric_rows[i];
        int got = 0;
        if (!i || strcmp(row->name, metric_rows[i - 1].name) != 0)
            got = snprintf(out + len, size - len, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                           row->type == METRIC_COUNTER ? "counter" : "gauge");
        if (got < 0 || (size_t)got >= size - len)
            return 0;
        len += (size_t)got;
        got = snprintf(out + len, size - len, "%s%s%s%s %.15g\n", row->name, row->label[0] ? "{" : "", row->label,
                       row->label[0] ? "}" : "", values[i]);
        if (got < 0 || (size_t)got >= size - len)
            return 0;
        len += (size_t)got;
    }
    return len;
}
