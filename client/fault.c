#include "client/fault.h"

#include "lang/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a torn character off the end of a text that vsnprintf shortened. */
static void text_mend(char *text)
{
    size_t len = strlen(text), at = len;
    while (at > 0 && len - at < 4 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t want = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (at - 1) < want)
        text[at - 1] = '\0';
}

__attribute__((format(printf, 3, 0))) static void text_format(char *out, size_t size, const char *format, va_list list)
{
    int wanted = vsnprintf(out, size, lang_text(format), list);
    if (wanted < 0)
        out[0] = '\0';
    else if ((size_t)wanted >= size)
        text_mend(out);
}

int fault_set(struct fault *fault, enum muster_error error, const char *format, ...)
{
    va_list list;
    memset(fault, 0, sizeof *fault);
    snprintf(fault->code, sizeof fault->code, "%s", error_name(error));
    fault->exit = error_exit(error);
    va_start(list, format);
    text_format(fault->message, sizeof fault->message, format, list);
    va_end(list);
    return fault->exit;
}

void fault_why(struct fault *fault, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_format(fault->why, sizeof fault->why, format, list);
    va_end(list);
}

void fault_step(struct fault *fault, const char *format, ...)
{
    va_list list;
    if (fault->steps_count == FAULT_STEPS_MAX)
        return;
    va_start(list, format);
    text_format(fault->steps[fault->steps_count++], FAULT_TEXT_BYTES, format, list);
    va_end(list);
}

static const char *member_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool fault_from_json(struct fault *fault, const json_t *error)
{
    const char *code = member_text(error, "code");
    const char *message = member_text(error, "message"), *why = member_text(error, "why");
    const char *object = member_text(error, "object");
    const json_t *steps = json_object_get(error, "do"), *exit_code = json_object_get(error, "exit");
    if (!code)
        return false;
    enum muster_error row = error_by_name(code);
    fault_set(fault, row, "%s", message ? message : lang_text(error_what(row)));
    snprintf(fault->code, sizeof fault->code, "%s", code);
    if (why)
        fault_why(fault, "%s", why);
    if (object)
        snprintf(fault->object, sizeof fault->object, "%s", object);
    if (json_is_integer(exit_code) && json_integer_value(exit_code) > 0 &&
        json_integer_value(exit_code) <= 10)
        fault->exit = (int)json_integer_value(exit_code);
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (json_is_string(json_array_get(steps, i)))
            fault_step(fault, "%s", json_string_value(json_array_get(steps, i)));
    if (fault->exit == 0) /* a failed answer never ends in "done" */
        fault->exit = 1;
    return true;
}

json_t *fault_json(const struct fault *fault)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < fault->steps_count; i++)
        json_array_append_new(steps, json_string(fault->steps[i]));
    json_t *why = fault->why[0] ? json_string(fault->why) : json_null();
    json_t *object = fault->object[0] ? json_string(fault->object) : json_null();
    return json_pack("{s:{s:s, s:i, s:s, s:o, s:o, s:o}}", "error", "code", fault->code, "exit", fault->exit,
                     "message", fault->message, "why", why, "do", steps, "object", object);
}
