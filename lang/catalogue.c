#include "lang/catalogue.h"

#include <string.h>

enum { MAGIC = 0, REVISION = 4, COUNT = 8, IDS = 12, TEXTS = 16, HEADER_BYTES = 28, ROW_BYTES = 8, ROWS_MAX = 1 << 20 };
static const uint32_t magic = 0x950412de;

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A row of a table: length and offset of a text that ends with a NUL, as gettext writes it. */
static const char *text_at(const struct catalogue *catalogue, size_t table, size_t row)
{
    const uint8_t *at = catalogue->at + table + row * ROW_BYTES;
    size_t len = number_at(at), offset = number_at(at + 4);
    if (offset >= catalogue->len || len >= catalogue->len - offset || catalogue->at[offset + len] != '\0')
        return NULL;
    return (const char *)catalogue->at + offset;
}

bool catalogue_read(struct catalogue *out, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    if (len < HEADER_BYTES || number_at(at + MAGIC) != magic || number_at(at + REVISION) != 0)
        return false;
    *out = (struct catalogue){at, len, number_at(at + COUNT), number_at(at + IDS), number_at(at + TEXTS)};
    size_t bytes_of_table = out->count * ROW_BYTES;
    return out->count <= ROWS_MAX && bytes_of_table <= len && out->ids <= len - bytes_of_table && out->texts <= len - bytes_of_table;
}

const char *catalogue_find(const struct catalogue *catalogue, const char *msgid)
{
    size_t low = 0, high = catalogue->count; /* gettext sorts the keys by strcmp */
    if (!msgid[0])
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *id = text_at(catalogue, catalogue->ids, middle);
        if (!id)
            return NULL;
        int order = strcmp(msgid, id);
        if (order == 0) {
            const char *text = text_at(catalogue, catalogue->texts, middle);
            return text && text[0] ? text : NULL;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
