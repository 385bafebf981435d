#include "formats/read/sniff.h"

#include "formats/read/kind_table.h"
#include "formats/read/profile.h"
#include "lang/lang.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    enum format_kind kind;
    const char *name;
    const struct profile *profile;
} kinds[] = {
    {FORMAT_CAP, "cap", NULL},
    {FORMAT_STOCK, "stock", &profile_stock},
    {FORMAT_ORG_RESOURCE, "org-resource", &profile_org_resource},
    {FORMAT_HOSPITAL, "hospital", &profile_hospital},
    {FORMAT_TABLE, "csv", NULL},
    {FORMAT_GEOJSON, "geojson", NULL},
    {FORMAT_NDJSON, "ndjson", NULL},
    {FORMAT_EDXL_RM, "edxl-rm", NULL},
    {FORMAT_EDXL_HAVE, "edxl-have", NULL},
};

const char *format_kind_name(enum format_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "unknown";
}

enum format_kind format_kind_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].kind;
    return FORMAT_UNKNOWN;
}

bool format_kind_is_profile(enum format_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].profile != NULL;
    return false;
}

static const struct {
    const char *magic;
    size_t len;
    const char *sentence;
} foreign[] = {
    {"\x1f\x8b", 2, N_("this is packed by gzip; unpack it on the way: zcat FILE | muster import -")},
    {"BZh", 3, N_("this is packed by bzip2; unpack it on the way: bzcat FILE | muster import -")},
    {"\xfd" "7zXZ", 5, N_("this is packed by xz; unpack it on the way: xzcat FILE | muster import -")},
    {"\x28\xb5\x2f\xfd", 4, N_("this is packed by zstd; unpack it on the way: zstdcat FILE | muster import -")},
    {"PK\x03\x04", 4,
     N_("this is a spreadsheet or a zip archive; save the table as CSV (UTF-8), or unpack it, and import that")},
    {"\xd0\xcf\x11\xe0", 4, N_("this is a spreadsheet or document of an office program; save the table as CSV (UTF-8) and import that")},
    {"%PDF-", 5, N_("this is a PDF, from which nothing can be read safely; ask for the table or map behind it")},
    {"SQLite format 3", 16,
     N_("this is a database, perhaps a GeoPackage, which muster writes and does not read; save it as GeoJSON and import that")},
};

bool sniff_foreign(const char *name, const void *bytes, size_t len, struct format_problem *problem)
{
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (len >= foreign[i].len && memcmp(bytes, foreign[i].magic, foreign[i].len) == 0) {
            format_problem_set(problem, MUSTER_EENCODING, name, 1, NULL, "%s", _(foreign[i].sentence));
            return true;
        }
    return false;
}

/* The lines that can hold headings or tags, with every byte beyond ASCII taken as Latin-1 if it must be. */
static char *first_lines(const char *bytes, size_t len, const char *name, size_t *out_len,
                         struct format_problem *problem)
{
    char *text = NULL;
    size_t end = 0, lines = 0;
    for (size_t i = 0; i < len && lines < PROFILE_HXL_ROWS; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            end = i + 1;
            lines++;
        }
    if (lines < PROFILE_HXL_ROWS && len < SNIFF_BYTES)
        end = len;
    struct format_problem latin; /* what is wrong as UTF-8 says more */
    if (decode_text(bytes, end, TEXT_UTF8, name, &text, out_len, problem) &&
        decode_text(bytes, end, TEXT_LATIN1, name, &text, out_len, &latin))
        return NULL;
    return text;
}

/* The profile that fits, or else the one that is nearest: its reader then says what is wrong.  Near is a table
 * of whose columns the profile knows more than half, one that it cannot do without among them. */
static enum format_kind table_kind(const char *bytes, size_t len, const char *name, struct format_problem *problem)
{
    enum { FITS = TABLE_COLUMNS_MAX + 1 };
    struct table table;
    size_t text_len, best = 0;
    enum format_kind kind = FORMAT_UNKNOWN;
    char *text = first_lines(bytes, len, name, &text_len, problem), found[PROFILE_LIST_BYTES] = "";
    if (!text || table_read(&table, text, text_len, name, problem)) {
        free(text);
        return FORMAT_UNKNOWN;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct profile_map map;
        struct format_problem why;
        if (!kinds[i].profile)
            continue;
        bool fits = profile_match(kinds[i].profile, &table, name, &map, &why) == MUSTER_OK;
        size_t score = fits ? FITS + map.matched : map.required >= 1 && 2 * map.matched > map.width ? map.matched : 0;
        profile_found(&table, &map, found);
        if (score > best) {
            best = score;
            kind = kinds[i].kind;
        }
    }
    struct kind_table_map fields;
    struct format_problem why;
    /* A table of a kind: one of muster's own, or one that no profile fits. */
    if (kind_table_match(&table, NULL, name, &fields, &why) == MUSTER_OK && (fields.own || best < FITS))
        kind = FORMAT_TABLE;
    table_clear(&table);
    free(text);
    format_problem_set(problem, MUSTER_ECOLUMNS, name, 1, NULL,
                       "the file is no CAP alert, and muster knows no table with these columns: %s; it knows those with "
                       "Item Name and Quantity (stock), Resource Type and Organisation (org-resource), Name and Beds "
                       "Total (hospital), and with the names or HXL tags of a kind's fields (--kind)",
                       found);
    return kind;
}

static size_t heading_line(const char *bytes, size_t len)
{
    size_t n = 0;
    while (n < len && bytes[n] != '\n' && bytes[n] != '\r')
        n++;
    return n;
}

/* An object of JSON is a line of many, unless it says that it is a map. */
static enum format_kind json_kind(const char *at, size_t len)
{
    bool map = memmem(at, len, "\"FeatureCollection\"", 19) || memmem(at, len, "\"geometry\"", 10);
    return map ? FORMAT_GEOJSON : FORMAT_NDJSON;
}

enum format_kind sniff(const char *name, const void *bytes, size_t len, struct format_problem *problem)
{
    const char *at = bytes;
    size_t mark = decode_mark(bytes, len), n = len > SNIFF_BYTES ? SNIFF_BYTES : len, i = mark;
    *problem = (struct format_problem){.code = MUSTER_OK};
    while (i < n && (at[i] == ' ' || at[i] == '\t' || at[i] == '\r' || at[i] == '\n'))
        i++;
    if (i == n) {
        format_problem_set(problem, MUSTER_ETRUNCATED, name, 1, NULL,
                           "the file is empty, so there is nothing to import; check that it is the file you meant");
        return FORMAT_UNKNOWN;
    }
    if (at[i] == '<') {
        if (memmem(at + i, n - i, "emergency:EDXL:RM:1.0", 21))
            return FORMAT_EDXL_RM;
        if (memmem(at + i, n - i, "emergency:EDXL:HAVE:1.0", 23))
            return FORMAT_EDXL_HAVE;
        if (memmem(at + i, n - i, "alert", 5))
            return FORMAT_CAP;
        format_problem_set(problem, MUSTER_ESCHEMA, name, 1, NULL,
                           "the file is XML without an <alert>, so it is no CAP alert; muster imports alerts and tables");
        return FORMAT_UNKNOWN;
    }
    if (at[i] == '{')
        return json_kind(at + i, n - i);
    if (len > SNIFF_BYTES && heading_line(at, n) == n) {
        while (n > 0 && (at[n - 1] & 0xc0) == 0x80) /* not in the middle of a character */
            n--;
        if (decode_check(at, n > 0 ? n - 1 : 0, name, problem) == MUSTER_OK)
            format_problem_set(problem, MUSTER_ETOOBIG, name, 1, NULL,
                               "the first line is longer than %d kB, so it does not name the columns of a table; check that it "
                               "is the file you meant",
                               SNIFF_BYTES / 1024);
        return FORMAT_UNKNOWN;
    }
    enum format_kind kind = table_kind(at, n, name, problem);
    if (kind == FORMAT_UNKNOWN) /* a broken line further down must not hide what the headings say */
        kind = table_kind(at, heading_line(at, n), name, problem);
    if (kind != FORMAT_UNKNOWN)
        *problem = (struct format_problem){.code = MUSTER_OK};
    return kind;
}
