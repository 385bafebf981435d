/* qr.c — a line as a QR code.  Black on white is set explicitly: a scanner does not read the inverse on a dark terminal. */
#include "tools/line.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET = 2, QUIET_SVG = 4, SVG_MODULE_BYTES = 48 };

static bool dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

bool qr_print(FILE *out, const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return false;
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        fputs("\x1b[40;37m", out);
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            bool upper = !dark(code, x, y), lower = !dark(code, x, y + 1); /* what is light is drawn, in white */
            fputs(upper && lower ? "\xe2\x96\x88" : upper ? "\xe2\x96\x80" : lower ? "\xe2\x96\x84" : " ", out);
        }
        fputs("\x1b[0m\n", out);
    }
    QRcode_free(code);
    return true;
}

char *qr_svg(const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    size_t size = code ? 512 + (size_t)code->width * (size_t)code->width * SVG_MODULE_BYTES : 0, n = 0;
    char *svg = size ? malloc(size) : NULL;
    if (svg) {
        int edge = code->width + 2 * QUIET_SVG;
        n = (size_t)snprintf(svg, size,
                             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">\n"
                             "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<path d=\"", edge, edge, edge, edge);
        for (int y = 0; y < code->width; y++)
            for (int x = 0; x < code->width; x++)
                if (dark(code, x, y))
                    n += (size_t)snprintf(svg + n, size - n, "M%d %dh1v1h-1z", x + QUIET_SVG, y + QUIET_SVG);
        snprintf(svg + n, size - n, "\"/>\n</svg>\n");
    }
    QRcode_free(code);
    return svg;
}
