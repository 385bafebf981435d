/* muster doctor: looks for what is wrong, and says what to do about each finding. */
#include "tools/doctor.h"
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/way.h"

#include <stdlib.h>
#include <string.h>

enum { PEERS_TESTED_MAX = 64, SKEW_WRONG_MS = 60 * 1000 };
#define DATA_DEFAULT "/var/lib/muster"
#define BACKUPS_DEFAULT "/var/lib/muster-backup" /* where muster-backup.timer puts them */

/* Name, TCP, CURVE, clock, membership, right, disk: the first that is in the way.  Of one who is connected only what comes
 * behind the call; clock and disk are looked at by themselves, and a right that is lower may be meant. */
static void peer_look(struct tool *tool, json_t *list, const json_t *peer, bool is_up)
{
    struct fault fault;
    json_t *answer = NULL;
    const char *name = value_text_at(peer, "agency.name");
    if (way_test(tool, value_text_at(peer, "agency.id"), 0, &answer, &fault) != MUSTER_OK) {
        doctor_find(list, "partners", DOCTOR_NOTE, fault.steps_count ? fault.steps[0] : "muster peer list",
                    "%s is not connected, and the way there cannot be tested: %s", name, fault.message);
        return;
    }
    const json_t *failed = way_failed(answer);
    const char *step = value_text_at(failed, "step");
    bool only_calls = json_array_size(json_object_get(answer, "steps")) == 1 && !json_array_size(json_object_get(peer, "endpoints"));
    bool elsewhere = strcmp(step, "disk") == 0 || (is_up && strcmp(step, "clock") == 0);
    if (failed && !elsewhere)
        doctor_find(list, "partners",
                    only_calls || value_true_at(failed, "waits") || strcmp(step, "right") == 0 ? DOCTOR_NOTE : DOCTOR_WRONG,
                    value_text_at(failed, "do"), "%s, %s: %s", name, step, value_text_at(failed, "message"));
    else if (!failed && !is_up)
        doctor_find(list, "partners", DOCTOR_OK, "", "%s can be reached", name);
    json_decref(answer);
}

static size_t peers_look(struct tool *tool, json_t *list, const json_t *status)
{
    const json_t *peers = json_object_get(status, "peers");
    size_t up = 0;
    for (size_t i = 0; i < json_array_size(peers) && i < PEERS_TESTED_MAX; i++) {
        const json_t *peer = json_array_get(peers, i);
        const char *name = value_text_at(peer, "agency.name"), *software = value_text_at(peer, "software");
        long long skew = value_int_at(peer, "skew_ms");
        bool is_up = strcmp(value_text_at(peer, "state"), "up") == 0;
        up += is_up;
        peer_look(tool, list, peer, is_up);
        if (!is_up)
            continue;
        if (skew > SKEW_WRONG_MS || skew < -SKEW_WRONG_MS)
            doctor_find(list, "clock", DOCTOR_WRONG, "find out which of the two is wrong and set it", "%s's clock is %lld s %s this node's",
                        name, llabs(skew) / 1000, skew < 0 ? "behind" : _("ahead of"));
        if (software[0] && strcmp(software, "muster/" MUSTER_VERSION) != 0)
            doctor_find(list, "versions", DOCTOR_NOTE, "upgrade the older of the two when there is time: they understand each other",
                        "%s runs %s, this is muster/" MUSTER_VERSION, name, software);
    }
    if (!json_array_size(peers))
        doctor_find(list, "partners", DOCTOR_NOTE, "muster card, muster invite, muster join", "there are no partners yet");
    else if (up)
        doctor_find(list, "partners", DOCTOR_OK, "", "%zu of %zu connected", up, json_array_size(peers));
    return up;
}

/* What the node's own warnings say of attacks and accidents; the rest of them is looked at by itself. */
static void alarms_look(json_t *list, const json_t *status)
{
    static const char *const codes[] = {"ECLONED", "EKEYCHANGED", "EFORK", "EUNCONFIRMED"};
    const json_t *warnings = json_object_get(status, "warnings"), *spaces = json_object_get(status, "spaces");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        for (size_t c = 0; c < sizeof codes / sizeof codes[0]; c++) {
            const json_t *warning = json_array_get(warnings, i);
            char *remedy = value_raw(json_object_get(warning, "do"));
            if (strcmp(value_text_at(warning, "code"), codes[c]) == 0)
                doctor_find(list, "alarms", DOCTOR_WRONG, remedy, "%s", value_text_at(warning, "message"));
            free(remedy);
        }
    for (size_t i = 0; i < json_array_size(spaces); i++) {
        const json_t *space = json_array_get(spaces, i);
        const char *name = value_text_at(space, "name");
        if (value_int_at(space, "quarantined"))
            doctor_find(list, "records", DOCTOR_WRONG, "muster check lists them; upgrade if a newer version is out",
                        "%s: %lld records are set aside", name, value_int_at(space, "quarantined"));
        if (value_int_at(space, "waiting_for_key"))
            doctor_find(list, "records", DOCTOR_NOTE, "a member that holds the key must be connected: muster peer list",
                        "%s: %lld segments wait for a key", name, value_int_at(space, "waiting_for_key"));
    }
}

/* The node answers. */
static int node_look(struct tool *tool, json_t *list, const json_t *status)
{
    json_t *answer = NULL;
    int code = tool_get(tool, "/v1/doctor", &answer);
    if (code)
        return code;
    doctor_find(list, "node", DOCTOR_OK, "", "musterd %s answers on %s", value_text_at(status, "version"), tool->set.socket);
    if (strcmp(value_text_at(status, "version"), MUSTER_VERSION) != 0)
        doctor_find(list, "versions", DOCTOR_WRONG, "systemctl restart musterd, or upgrade both packages",
                    "muster is " MUSTER_VERSION ", the node is %s", value_text_at(status, "version"));
    if (json_is_false(json_object_get(status, "ready")))
        doctor_find(list, "node", DOCTOR_WRONG, "muster init NAME", "this node has no agency yet");
    json_array_extend(list, json_object_get(answer, "items"));
    json_decref(answer);
    size_t up = json_is_false(json_object_get(status, "ready")) ? 0 : peers_look(tool, list, status);
    const json_t *advertised = json_object_get(status, "advertise");
    for (size_t i = 0; i < json_array_size(advertised); i++)
        doctor_reach(list, json_string_value(json_array_get(advertised, i)), up > 0);
    alarms_look(list, status);
    return 0;
}

static void findings_print(struct tool *tool, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *state = value_text_at(one, "state"), *remedy = value_text_at(one, "do");
        bool wrong = strcmp(state, "wrong") == 0, fine = strcmp(state, "ok") == 0;
        char label[64];
        snprintf(label, sizeof label, "%s  %s", fine    ? _("ok   ")
                                                : wrong ? _("WRONG")
                                                        : _("note "),
                 value_text_at(one, "check"));
        screen_field(tool, label, 17, value_text_at(one, "message"));
        if (remedy[0]) {
            char line[FAULT_TEXT_BYTES];
            snprintf(line, sizeof line, "%s %s", _("do:"), remedy);
            screen_field(tool, "", 17, line);
        }
    }
}

static int doctor_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    struct fault fault;
    const char *data = option_get(args, "data"), *backups = option_get(args, "backups"), *from = getenv("MUSTER_DATA");
    json_t *list = json_array();
    size_t wrong = 0;
    int code = 0;
    tool_cells_english(tool);
    url_start(&url, "/v1/status");
    doctor_clock(list);
    enum muster_error error = client_call(&tool->client, "GET", &url, NULL, &tool->status, &fault);
    if (error) {
        tool->status = NULL;
        doctor_find(list, "node", DOCTOR_WRONG, fault.steps_count ? fault.steps[0] : "systemctl start musterd", "%s%s%s", fault.message,
                    fault.why[0] ? ": " : "", fault.why);
        doctor_settings(list);
        doctor_data(list, data ? data : from && from[0] ? from : DATA_DEFAULT);
        doctor_port(list);
    } else {
        code = node_look(tool, list, tool->status);
    }
    doctor_backups(list, backups ? backups : BACKUPS_DEFAULT);
    for (size_t i = 0; i < json_array_size(list); i++)
        wrong += strcmp(value_text_at(json_array_get(list, i), "state"), "wrong") == 0;
    json_t *whole = json_pack("{s:b, s:O}", "ok", wrong == 0, "items", list);
    if (!code && !tool_print_data(tool, whole)) {
        if (!error)
            screen_head(tool, NULL);
        findings_print(tool, list);
        if (wrong)
            screen_line(tool, "%zu wrong: begin with the first", wrong);
        else
            screen_line(tool, "nothing is wrong");
    }
    json_decref(whole);
    json_decref(list);
    return code ? code : wrong ? EXIT_INCOMPLETE : 0;
}

static const struct option_row doctor_options[] = {
    {"data",    0, "DIR",    "data of a node that does not run; " DATA_DEFAULT}         ,
    {"backups", 0, "FOLDER", "where backups go; default " BACKUPS_DEFAULT                                          },
    {NULL,      0, NULL,     NULL                                                                                 },
};

const struct command command_doctor = {
    .name = "doctor",
    .args = "",
    .group = GROUP_RUN,
    .flags = 0,
    .words_min = 0,
    .words_max = 0,
    .options = doctor_options,
    .run = doctor_run,
    .help = "look for what is wrong, and say what to do about it",
    .detail = "Looks at clock, node, settings, disk, files, limits, keys, ports, partners, versions, the advertised address "
              "and the age of the newest backup. Each finding is ok, a note or wrong, with what to do. Ends with 5 when "
              "something is wrong. Without a running node it looks at what it can.",
    .example = "muster doctor\nmuster doctor --json",
    .exits = EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE),
    .keys = "muster ok items",
    .rows = "items: check state message do",
};
