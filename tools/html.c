#include "tools/html.h"

#include "tools/completeness.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <string.h>

void html_text(FILE *out, const char *text)
{
    char *safe = terminal_text(text);
    for (const char *at = safe; *at; at++) {
        if (*at == '&')
            fputs("&amp;", out);
        else if (*at == '<')
            fputs("&lt;", out);
        else if (*at == '>')
            fputs("&gt;", out);
        else if (*at == '"')
            fputs("&quot;", out);
        else if (*at == '\'')
            fputs("&#39;", out);
        else
            fputc(*at, out);
    }
    free(safe);
}

void html_begin(struct tool *tool, const char *title, bool exercise)
{
    fprintf(tool->out,
            "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>%s",
            tool->set.lang == LANG_ZH ? "zh" : "en", exercise ? "EXERCISE 演练 – " : "");
    html_text(tool->out, title);
    fputs("</title>\n<style>\nbody{font:11pt/1.4 sans-serif;margin:2em;color:#000;background:#fff}\n"
          "h1{font-size:16pt;margin:0 0 .3em}h2{font-size:12pt;margin:1.2em 0 .3em;border-bottom:1px solid #000}\n"
          "table{border-collapse:collapse;width:100%}td,th{border:1px solid #888;padding:2px 6px;text-align:left;"
          "vertical-align:top}\nthead{display:table-header-group}tr{break-inside:avoid}\n"
          ".exercise{position:fixed;top:0;left:0;right:0;text-align:center;font-weight:bold;background:#fd0;"
          "border:2px solid #000}\n@media print{@page{margin:15mm}.exercise{-webkit-print-color-adjust:exact;"
          "print-color-adjust:exact}}\n</style>\n</head>\n<body>\n",
          tool->out);
    if (exercise)
        fputs("<div class=\"exercise\">EXERCISE 演练 EXERCISE</div>\n<p><strong>EXERCISE 演练</strong></p>\n", tool->out);
    fputs("<h1>", tool->out);
    html_text(tool->out, title);
    fputs("</h1>\n", tool->out);
}

void html_end(struct tool *tool)
{
    fputs("</body>\n</html>\n", tool->out);
}

void html_title(struct tool *tool, const char *en)
{
    fputs("<h2>", tool->out);
    html_text(tool->out, _(en));
    fputs("</h2>\n", tool->out);
}

void html_line(struct tool *tool, const char *text)
{
    fputs("<p>", tool->out);
    html_text(tool->out, text);
    fputs("</p>\n", tool->out);
}

void html_complete(struct tool *tool, const json_t *answer)
{
    char *text = complete_text(json_object_get(answer, "complete"));
    if (text)
        html_line(tool, text);
    free(text);
}

void html_fields_begin(struct tool *tool)
{
    fputs("<table>\n", tool->out);
}

void html_field(struct tool *tool, const char *label, const char *text)
{
    if (!text[0])
        return;
    fputs("<tr><th>", tool->out);
    html_text(tool->out, label);
    fputs("</th><td>", tool->out);
    html_text(tool->out, text);
    fputs("</td></tr>\n", tool->out);
}

void html_fields_end(struct tool *tool)
{
    fputs("</table>\n", tool->out);
}

void html_table(struct tool *tool, const json_t *items, const struct view *view)
{
    if (!json_array_size(items)) {
        html_line(tool, _(view->none));
        return;
    }
    fputs("<table>\n<thead><tr>", tool->out);
    for (size_t c = 0; c < view->count; c++)
        if (!(view->columns[c].flags & COLUMN_FILE)) {
            fputs("<th>", tool->out);
            html_text(tool->out, view_title(tool, &view->columns[c]));
            fputs("</th>", tool->out);
        }
    fputs("</tr></thead>\n<tbody>\n", tool->out);
    for (size_t i = 0; i < json_array_size(items); i++) {
        fputs("<tr>", tool->out);
        for (size_t c = 0; c < view->count; c++) {
            if (view->columns[c].flags & COLUMN_FILE)
                continue;
            const json_t *value = value_at(json_array_get(items, i), view->columns[c].path);
            char *text = value_label(value, view->columns[c].field, tool->set.lang);
            fputs("<td>", tool->out);
            html_text(tool->out, text);
            fputs("</td>", tool->out);
            free(text);
        }
        fputs("</tr>\n", tool->out);
    }
    fputs("</tbody>\n</table>\n", tool->out);
}
