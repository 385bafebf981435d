#include "tools/encode.h"

#include "base/error.h"
#include "tools/memory.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

char *base64_text(const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = bytes;
    char *out = memory_get((len + 2) / 3 * 4 + 1), *at = out;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16;
        if (i + 1 < len)
            bits |= (uint32_t)in[i + 1] << 8;
        if (i + 2 < len)
            bits |= in[i + 2];
        *at++ = digits[bits >> 18 & 63];
        *at++ = digits[bits >> 12 & 63];
        *at++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
        *at++ = i + 2 < len ? digits[bits & 63] : '=';
    }
    return out;
}

const char *media_type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } rows[] = {
        {".jpg",     "image/jpeg"          },
        {".jpeg",    "image/jpeg"          },
        {".png",     "image/png"           },
        {".webp",    "image/webp"          },
        {".pdf",     "application/pdf"     },
        {".xml",     "application/xml"     },
        {".cap",     "application/cap+xml" },
        {".json",    "application/json"    },
        {".geojson", "application/geo+json"},
        {".csv",     "text/csv"            },
        {".txt",     "text/plain"          },
        {".md",      "text/markdown"       },
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t ending = strlen(rows[i].ending);
        if (len > ending && strcasecmp(path + len - ending, rows[i].ending) == 0)
            return rows[i].type;
    }
    return "application/octet-stream";
}
