/* lang.h — sentences for people, in their language.
 *
 * The English sentence in the source is its own key (msgid) in po/zh_CN.po.  What has no translation stays English.
 * Never translated: tokens, codes, JSON members, event names, verbs, what the journal and the audit keep. */
#ifndef MUSTER_LANG_LANG_H
#define MUSTER_LANG_LANG_H

#include "base/said.h"
#include "lang/catalogue.h"

/* Finds share/locale/zh_CN/LC_MESSAGES/muster.mo beside the folder of the running program.  To be called once, before there are
 * threads; what is mapped stays.  False: there is none that can be read, and everything is said in English. */
bool lang_start(void);
/* The same with a catalogue of len bytes that the program has in itself, for one that is a single file; it stays where it is. */
bool lang_start_with(const void *catalogue, size_t len);
/* From here on this thread speaks the language of that name: "zh", "zh-CN", "zh_CN.UTF-8"; NULL and all others are English. */
void lang_use(const char *name);
/* The language that this thread speaks: "zh", or NULL for English. */
const char *lang_name(void);
/* What MUSTER_LANG, LC_ALL, LC_MESSAGES and LANG ask for, the first of them that is set; NULL if none is. */
const char *lang_of_environment(void);

/* The sentence in this thread's language: the catalogue's bytes, or msgid itself.  A format has the same conversions. */
const char *lang_text(const char *msgid) __attribute__((format_arg(1)));
/* What strerror says, in this thread's language. */
const char *lang_errno(int number);
/* Says a sentence of the core, in place, in this thread's language; it stays as it is where there is no translation, and where it
 * is empty.  An argument of several words that the catalogue has is translated too.  suggestion: what was probably meant, or NULL. */
void lang_said(char *sentence, size_t size, const struct said *said, const char *suggestion);
#define _(text) lang_text(text)
/* Marks what is translated later, where it is printed. */
#define N_(text) text
/* The same English with more than one meaning: `context` tells them apart and is not printed. */
#define NC_(context, text) context "\004" text

#endif
