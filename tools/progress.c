#include "tools/progress.h"

#include "tools/screen.h"

#include <string.h>
#include <time.h>

enum { SHOW_EVERY_MS = 200, TELL_EVERY_MS = 1000, BAR_MAX = 20, LINE_BYTES = 256 };

uint64_t progress_now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void progress_start(struct progress *p, struct tool *tool, const char *word, const char *label, uint64_t of, bool bytes)
{
    *p = (struct progress){.tool = tool, .word = word, .label = label, .of = of, .bytes = bytes, .began_ms = progress_now_ms()};
    p->shown_ms = p->began_ms;
}

static bool for_program(const struct tool *tool)
{
    return tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON;
}

static void amount(const struct progress *p, char out[32], uint64_t n)
{
    if (p->bytes)
        snprintf(out, 32, "%.1f MB", (double)n / 1e6);
    else
        snprintf(out, 32, "%llu", (unsigned long long)n);
}

static void draw(struct progress *p, uint64_t done, uint64_t now)
{
    char text[LINE_BYTES], of[32], at[32], rate[32], bar[BAR_MAX + 1];
    uint64_t spent = now - p->began_ms ? now - p->began_ms : 1, speed = done * 1000 / spent;
    double share = p->of ? (double)done / (double)p->of : 0;
    if (share > 1)
        share = 1;
    for (int i = 0; i < BAR_MAX; i++)
        bar[i] = (double)i < share * BAR_MAX ? '#' : '.';
    bar[BAR_MAX] = '\0';
    amount(p, of, p->of);
    amount(p, at, done);
    amount(p, rate, speed);
    int len = p->of ? snprintf(text, sizeof text, "%s [%s] %3.0f %%  %s / %s  %s/s", p->label, bar, 100 * share, at, of, rate)
                    : snprintf(text, sizeof text, "%s  %s  %s/s", p->label, at, rate);
    if (p->of > done && speed && len > 0 && (size_t)len < sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, _("  %llu s left"), (unsigned long long)((p->of - done) / speed + 1));
    screen_cut(text, p->tool->width > 1 ? p->tool->width - 1 : 1);
    fprintf(p->tool->err, "\r%s\033[K", text);
    fflush(p->tool->err);
    p->drawn = true;
}

static void tell(const struct progress *p, uint64_t done)
{
    fprintf(p->tool->err, "{\"muster\":1,\"progress\":\"%s\",\"done\":%llu,\"of\":%llu}\n", p->word, (unsigned long long)done,
            (unsigned long long)p->of);
    fflush(p->tool->err);
}

void progress_at(struct progress *p, uint64_t done)
{
    uint64_t now = progress_now_ms();
    bool person = p->tool->err_terminal && !p->tool->dumb;
    if (p->ended || p->tool->set.quiet || (p->tool->err_terminal && p->tool->dumb) || (!person && !for_program(p->tool)) ||
        now - p->shown_ms < (person ? SHOW_EVERY_MS : TELL_EVERY_MS))
        return;
    p->shown_ms = now;
    if (person)
        draw(p, done, now);
    else
        tell(p, done);
}

void progress_drop(struct progress *p)
{
    if (p->drawn) {
        fputs("\r\033[K", p->tool->err);
        fflush(p->tool->err);
    }
    p->drawn = false;
    p->ended = true;
}

void progress_end(struct progress *p, uint64_t done)
{
    if (p->ended)
        return;
    if (!p->drawn && !p->tool->set.quiet && !p->tool->err_terminal && for_program(p->tool))
        tell(p, done);
    progress_drop(p);
}
