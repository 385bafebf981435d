/* alarm_say.c — what an alarm says, in the language of who reads it. */
#include "node/alarms.h"

#include "lang/lang.h"

#include <string.h>

enum { WORDS = 7, OTHER_BYTES = 200 };

void alarm_words_keep(struct alarm *alarm, const struct alarm_words *words)
{
    const char *const all[WORDS] = {words->what, words->id, words->other, words->when, words->number, words->space, words->least};
    size_t at = 0;
    memset(alarm->words, 0, sizeof(alarm->words));
    for (size_t i = 0; i < WORDS && at + WORDS - i < sizeof(alarm->words); i++) {
        size_t len = all[i] ? strlen(all[i]) : 0, room = sizeof(alarm->words) - at - (WORDS - i);
        while (len > room || (len && len == room && ((unsigned char)all[i][len] & 0xc0) == 0x80))
            len = len > room ? room : len - 1;
        memcpy(alarm->words + at, all[i] ? all[i] : "", len);
        at += len + 1;
    }
}

static struct alarm_words words_of(const struct alarm *alarm)
{
    const char *all[WORDS], *at = alarm->words;
    for (size_t i = 0; i < WORDS; i++) {
        all[i] = at;
        at += strlen(at) + (at + strlen(at) + 1 < alarm->words + sizeof(alarm->words));
    }
    return (struct alarm_words){.what = all[0], .id = all[1], .other = all[2], .when = all[3], .number = all[4], .space = all[5], .least = all[6]};
}

void alarm_sentence(const struct alarm *alarm, bool remedy, char *out, size_t size)
{
    const struct alarm_row *row = alarm_row(alarm->rule);
    struct alarm_words words = words_of(alarm);
    char other[OTHER_BYTES];
    if (row->subject == ALARM_OF_CERTIFICATE) { /* whose it is, is a sentence's part with a place of its own */
        alarm_say(other, sizeof(other), _(words.other), &words);
        words.other = other;
    } else if (row->subject == ALARM_OF_LINK) { /* what became of it: a word of ours, and no number */
        words.number = _(words.number);
    }
    alarm_say(out, size, _(remedy ? row->remedy : row->says), &words);
}
