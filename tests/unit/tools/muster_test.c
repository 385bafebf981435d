/* The program itself, against a node that answers as docs/API.md says: exit codes, what is on stdout and on
 * stderr, and what the node was asked. */
#include "base/error.h"
#include "tools/command.h"
#include "unit/client/fake_node.h"
#include "unit/tools/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHOWN_BYTES = 64 * 1024 };

#define A_ID "1111111111111111111111111111111111111111111111111111111111111111"
#define B_ID "3333333333333333333333333333333333333333333333333333333333333333"
#define COMPLETE                                                                                             \
    "{\"as_of\":\"2020-03-01T14:05:09Z\",\"logs\":37,\"of\":41,\"silent\":[{\"agency\":{\"id\":\"aa\","      \
    "\"name\":\"Red Cross\"},\"since\":\"2020-03-01T11:20:00Z\"}]}"
#define PEERS                                                                                                \
    "[{\"agency\":{\"id\":\"" B_ID "\",\"name\":\"Red "                                                      \
    "Cross\",\"country\":\"CN\"},\"node\":\"rc-1\",\"state\":\"silent\",\"confirmed\":false,\"since\":"      \
    "\"2020-03-01T11:20:00Z\",\"endpoints\":[\"tcp://rc.example:7117\"],\"behind\":12}]"
#define SPACE                                                                                                \
    "{\"id\":\"abab\",\"name\":\"flood\",\"exercise\":false,\"right\":\"admin\",\"objects\":1,\"records\":"  \
    "2,\"members\":2,\"complete\":" COMPLETE "}"
#define STATUS                                                                                               \
    "{\"version\":\"0.1.0\",\"ready\":true,\"agency\":{\"id\":\"" A_ID                                       \
    "\",\"name\":\"Yibin\"},\"node\":{\"id\":\"22\",\"name\":\"yibin-1\"},\"spaces\":[" SPACE                \
    "],\"peers\":" PEERS ",\"pending\":[],\"warnings\":[{\"code\":\"X\",\"message\":\"listens on loopback "  \
    "only\",\"do\":[\"set listen\"]}]}"
#define ITEM                                                                                                 \
    "{\"id\":\"0190f2c30190f2c30190f2c30190f2c3\",\"short\":\"inc-7k2q9\",\"kind\":\"incident\",\"owner\":{" \
    "\"id\":\"" A_ID "\",\"name\":\"Yibin\"},\"created\":\"2020-03-01T12:00:00Z\",\"changed\":\"2020-03-"    \
    "01T14:00:00Z\",\"revision\":1,\"fields\":{\"name\":\"Min "                                              \
    "\\u001b[2J\",\"phase\":\"active\",\"category\":[\"Met\"],\"severity\":\"Severe\",\"#"                   \
    "41\":\"of tomorrow\"}}"
#define LIST(next)                                                                                           \
    "{\"space\":{\"id\":\"abab\",\"name\":\"flood\",\"exercise\":true},\"node\":{\"agency\":{\"name\":"      \
    "\"Yibin\"},\"name\":\"yibin-1\"},\"complete\":" COMPLETE ",\"items\":[" ITEM "],\"next\":" next "}"
#define PAIR                                                                                                 \
    "{\"agency\":{\"id\":\"" B_ID                                                                            \
    "\",\"name\":\"Red Cross\"},\"words\":\"able acid also area army atom aunt auto "                        \
    "away\",\"digits\":\"11111 22222 33333 44444 55555 66666\",\"confirmed\":false}"

static const struct fake_route routes[] = {
    {"GET /v1/status",                              200, STATUS,                                                                  FAKE_ANSWER, 0},
    {"GET /v1/objects",                             200, LIST("null"),                                                            FAKE_CHUNKS, 0},
    {"GET /v1/objects/inc-7k2q9",                   200, ITEM,                                                                    FAKE_ANSWER, 0},
    {"GET /v1/objects/dep-7k2q9",                   200,
     "{\"id\":\"00112233445566778899aabbccddeeff\",\"short\":\"dep-7k2q9\",\"kind\":\"deployment\",\"joint\":true,\"owner\":"
     "{\"name\":\"Yibin\"},\"fields\":{\"name\":\"Boats\",\"status\":\"dispatched\"},\"unsound\":\"arrived\",\"wrong_steps\":[{"
     "\"record\":\"778899aabb\",\"op\":\"update\",\"time\":\"2020-03-01T12:00:00Z\",\"agency\":{\"name\":\"Cross\"},\"fields\":{},"
     "\"state\":\"counts\",\"wrong\":\"from dispatched to arrived is a step of who asked for it: it does not count\"}]}",     FAKE_ANSWER, 0},
    {"GET /v1/objects/res-7k2q9",                   200,
     "{\"id\":\"11112233445566778899aabbccddeeff\",\"short\":\"res-7k2q9\",\"kind\":\"resource\",\"owner\":{\"name\":\"Yibin\"},"
     "\"fields\":{\"name\":\"Boats\",\"owner_org\":\"River Police\"}}",                                                   FAKE_ANSWER, 0},
    {"GET /v1/objects/dep-7k2q9/history",           200,
     "{\"items\":[{\"record\":\"77\",\"op\":\"update\",\"time\":\"2020-03-01T12:00:00Z\",\"agency\":{\"name\":\"Cross\"},\"fields\":{"
     "\"status\":\"arrived\"},\"state\":\"counts\",\"wrong\":\"x\"}]}",                                                    FAKE_ANSWER, 0},
    {"GET /v1/objects/inc-7k2q9/history",           200,
     "{\"items\":[{\"record\":\"77\",\"op\":\"create\",\"time\":\"2020-03-01T12:00:00Z\",\"agency\":{"
     "\"name\":\"Yibin\"},\"fields\":{\"name\":\"Min\"},\"state\":\"counts\"}]}",                                                 FAKE_ANSWER, 0},
    {"GET /v1/objects/inc-7k2q9/evidence/original", 200, "bytes",                                                                 FAKE_ANSWER, 0},
    {"GET /v1/spaces",                              200, "{\"items\":[" SPACE "]}",                                               FAKE_ANSWER, 0},
    {"GET /v1/spaces/flood",                        200,
     "{\"id\":\"abab\",\"name\":\"flood\",\"exercise\":false,\"members\":[{\"agency\":{\"id\":\"" A_ID
     "\",\"name\":\"Yibin\"},\"right\":\"admin\",\"confirmed\":true},{\"agency\":{\"id\":\"" B_ID
     "\",\"name\":\"Red Cross\"},\"right\":\"write\",\"confirmed\":false}],\"logs\":[]}",                                         FAKE_ANSWER, 0},
    {"GET /v1/peers",                               200, "{\"items\":" PEERS "}",                                                 FAKE_ANSWER, 0},
    {"GET /v1/pending",                             200, "{\"items\":[]}",                                                        FAKE_ANSWER, 0},
    {"GET /v1/digest",                              200, "{\"space\":\"flood\",\"digest\":\"d1d1\",\"objects\":1,\"records\":2,\"quantities\":\"0000\",\"moved\":false}",
     FAKE_ANSWER,                                                                                                                              0},
    {"GET /v1/card",                                200,
     "{\"card\":\"-----BEGIN MUSTER CARD-----\\nabc\\n-----END MUSTER "
     "CARD-----\\n\",\"agency\":{\"id\":\"" A_ID "\",\"name\":\"Yibin\"}}",
     FAKE_ANSWER,                                                                                                                              0},
    {"POST /v1/card/read",                          200,
     "{\"agency\":{\"id\":\"" B_ID
     "\",\"name\":\"Red Cross\",\"country\":\"CN\"},\"nodes\":[],\"endpoints\":[],\"known\":\"changed\"}",                        FAKE_ANSWER, 0},
    {"POST /v1/init",                               409,
     "{\"error\":{\"code\":\"EREADY\",\"exit\":8,\"message\":\"this node is Yibin's "
     "already\",\"why\":null,\"do\":[\"muster status\"],\"object\":null}}",                                                       FAKE_ANSWER, 0},
    {"POST /v1/invite",                             200,
     "{\"invite\":\"-----BEGIN MUSTER INVITE-----\\nabc\\n-----END MUSTER "
     "INVITE-----\\n\",\"agency\":{\"id\":\"" B_ID
     "\",\"name\":\"Red Cross\"},\"pair\":{\"words\":\"w\",\"digits\":\"11111 22222\"},\"space\":\"flood\"}",                     FAKE_ANSWER, 0},
    {"POST /v1/join",                               200,
     "{\"space\":{\"id\":\"abab\",\"name\":\"flood\"},\"agency\":{\"id\":\"" B_ID
     "\",\"name\":\"Red Cross\"},\"pair\":{\"words\":\"w\",\"digits\":\"11111 22222\"}}",                                         FAKE_ANSWER, 0},
    {"GET /v1/peers/Red%20Cross/pair",              200, PAIR,                                                                    FAKE_ANSWER, 0},
    {"POST /v1/peers/Red%20Cross/confirm",          200, "{\"agency\":\"Red Cross\",\"confirmed\":true}",                         FAKE_ANSWER,
     0                                                                                                                                          },
    {"POST /v1/peers/Red%20Cross/set",              200, "{\"muster\":1,\"agency\":{\"id\":\"ab\",\"name\":\"Red Cross\"},\"endpoint\":\"tcp://10.8.0.7:7117\",\"note\":\"call 117\",\"node\":\"rc\"}", FAKE_ANSWER, 0},
    {"POST /v1/peers/Red%20Cross/remove",           200, "{}",                                                                    FAKE_ANSWER, 0},
    {"POST /v1/peers/test",                         200,
     "{\"steps\":[{\"step\":\"name\",\"ok\":true,\"message\":\"known\"},{\"step\":\"tcp\",\"ok\":false,"
     "\"message\":\"refused\",\"do\":\"start it\"}]}",                                                                            FAKE_ANSWER, 0},
    {"POST /v1/spaces",                             200,
     "{\"space\":{\"id\":\"cdcd\",\"name\":\"new\"},\"warnings\":[{\"code\":\"W\",\"message\":\"only one "
     "admin\"}]}",                                                                                                                FAKE_ANSWER, 0},
    {"POST /v1/check",                              200,
     "{\"healing\":0,\"values\":1,\"segments\":1,\"records\":1,\"signatures\":1,\"damaged\":[\"page "
     "7\"],\"quarantined\":[],\"ok\":false}",                                                                                     FAKE_ANSWER, 0},
    {NULL,                                          0,   NULL,                                                                    FAKE_ANSWER, 0},
};

static const struct {
    const char *says, *line;
    int code;
    const char *out, *err; /* a part; NULL: the stream is empty; "*": anything */
} cases[] = {
    {"status is one screen",                        "status",                                                                     0, "complete as of 2020-03-01 14:05Z for 37 of 41 logs", NULL                                },
    {"status says what needs me",                   "status",                                                                     0, "muster confirm \"Red Cross\"",                       NULL                                },
    {"status is strict when asked",                 "status --strict",                                                            5, "*",                                                  NULL                                },
    {"list has a first line that says EXERCISE",    "list incidents",                                                             0, "flood  EXERCISE 演练  node yibin-1",
     NULL                                                                                                                                                                                                                      },
    {"list escapes what records say",               "list incidents",                                                             0, "<U+001B>[2J",                                        NULL                                },
    {"list gives ids",                              "list incident -o id",                                                        0, "0190f2c30190f2c30190f2c30190f2c3\n",                 "EXERCISE 演练"                    },
    {"list gives JSON",                             "list incident --json",                                                       0, "{\n  \"muster\": 1,",                                NULL                                },
    {"list suggests a kind",                        "list incidnt",                                                               2, NULL,                                                 "incident"                          },
    {"list suggests a token",                       "list incident severity=Sever",                                               2, NULL,                                                 "severity=Severe"                   },
    {"list refuses a filter without kind field",    "list incident Severe",                                                       2, NULL,                                                 "KIND FIELD=VALUE"                  },
    {"list refuses a limit of 501",                 "list --limit 501",                                                           2, NULL,                                                 "1 to 500"                          },
    {"list refuses a filter without a value",       "list incident name=",                                                        2, NULL,                                                 "no value to look for"              },
    {"show refuses an empty id",                    "show ''",                                                                    2, NULL,                                                 "word 1 behind muster show is empty"},
    {"show shows fields of tomorrow",               "show inc-7k2q9",                                                             0, "#41",                                                NULL                                },
    {"show names a step that does not count",       "show dep-7k2q9",                                                             0, "wrong step 778899aa: Cross",                          NULL                                },
    {"show has one owner: of the boats",            "show res-7k2q9",                                                             0, "  owner           River Police\n",                    NULL                                },
    {"and the agency whose object that is",         "show res-7k2q9",                                                             0, "  agency          Yibin\n",                           NULL                                },
    {"history marks it",                            "history dep-7k2q9",                                                          0, "wrong step",                                         NULL                                },
    {"show of nothing ends with 3",                 "show inc-00000",                                                             3, NULL,                                                 "code: ENOTFOUND"                   },
    {"show of nothing in JSON has an empty stdout", "--json show inc-00000",                                                      3, NULL,
     "{\"error\":{\"code\":\"ENOTFOUND\",\"exit\":3,"                                                                                                                                                                          },
    {"show speaks Chinese",                         "show inc-7k2q9 --lang zh",                                                   0, "响应",                                             NULL                                },
    {"show writes evidence",                        "show inc-7k2q9 --evidence original",                                         0, "bytes",                                              NULL                                },
    {"history is a list",                           "history inc-7k2q9",                                                          0, "name=Min",                                           NULL                                },
    {"new stores",                                  "new incident name=x phase=active category=Met",                              0, "incident inc-7k2q9: stored",                         NULL                                },
    {"new prints the id alone",                     "new incident name=x phase=active category=Met -o id",                        0,
     "00112233445566778899aabbccddeeff\n",                                                                                                                                                 NULL                                },
    {"new names what is missing",                   "new incident name=x",                                                        2, NULL,                                                 "lacks phase, category"             },
    {"new can be tried",                            "new incident name=x phase=active category=Met -n",                           0,
     "straight from here; not confirmed by voice",                                                                                                                                         NULL                                },
    {"update asks for the kind",                    "update inc-7k2q9 severity=Extreme",                                          0, "stored",                                             NULL                                },
    {"update suggests a field",                     "update inc-7k2q9 severty=Extreme",                                           2, NULL,                                                 "severity"                          },
    {"digest is a number",                          "digest -o id",                                                               0, "d1d1\n",                                             NULL                                },
    {"card is text",                                "card",                                                                       0, "-----BEGIN MUSTER CARD-----\nabc\n",                 NULL                                },
    {"init twice is a clash",                       "init Yibin --country CN",                                                    8, NULL,                                                 "this node is Yibin's already"      },
    {"invite wants a right",                        "invite card",                                                                2, NULL,                                                 "--right write"                     },
    {"invite wants a file",                         "invite missing.card --right write",                                          3, NULL,                                                 "missing.card"                      },
    {"confirm asks nobody without a terminal",      "confirm 'Red Cross'",                                                        2, NULL,
     "muster confirm Red Cross CODE"                                                                                                                                                                                           },
    {"confirm takes a whole code",                  "confirm 'Red Cross' 11111 22222 33333 44444 55555 66666",                    0,
     "confirmed by voice",                                                                                                                                                                 NULL                                },
    {"confirm takes this side's half",              "confirm 'Red Cross' 44444-55555-66666",                                      0, "confirmed by voice",
     NULL                                                                                                                                                                                                                      },
    {"confirm takes this side's words",             "confirm 'Red Cross' atom aunt auto away",                                    0, "confirmed by voice",
     NULL                                                                                                                                                                                                                      },
    {"confirm counts what was typed",               "confirm 'Red Cross' 44444",                                                  2, NULL,
     "1 groups of digits were typed, but 3 are wanted (4 to 6)"                                                                                                                                                                },
    {"peer remove wants --yes",                     "peer remove 'Red Cross'",                                                    2, NULL,                                                 "repeat with --yes"                 },
    {"peer remove does it",                         "peer remove 'Red Cross' --yes",                                              0, "forgot Red Cross",                                   NULL                                },
    {"peer set says what holds now",                "peer set 'Red Cross' endpoint=tcp://10.8.0.7:7117 'note=call 117'",          0, "called at  tcp://10.8.0.7:7117",                      NULL                                },
    {"peer set knows its fields",                   "peer set 'Red Cross' phone=117",                                             2, NULL,                                                 "cannot be set of a partner"        },
    {"peer set takes each field once",              "peer set 'Red Cross' note=a note=b",                                         2, NULL,                                                 "given twice"                       },
    {"peer show suggests",                          "peer show 'Red Cros'",                                                       3, NULL,                                                 "did you mean \"Red Cross\"?"       },
    {"peer test ends with 5",                       "peer test 'Red Cross'",                                                      5, "start it",                                           NULL                                },
    {"pending says nobody",                         "pending",                                                                    0, "nobody has been refused",                            NULL                                },
    {"space create shows warnings",                 "space create new --purpose p",                                               0, "only one admin",                                     NULL                                },
    {"space create wants days",                     "space create new --retention soon",                                          2, NULL,                                                 "number of days"                    },
    {"space show shows members",                    "space show",                                                                 0, "Red Cross",                                          NULL                                },
    {"space use wants a space that is there",       "space use nowhere",                                                          3, NULL,                                                 "ENOTFOUND"                         },
    {"check ends with 5",                           "check",                                                                      5, "page 7",                                             NULL                                },
    {"import goes on after a bad file",             "import " MUSTER_SOURCE_DIR "/tests/data/cap",                                1,
     "imported 15 alerts, 0 already here, 2 refused",                                                                                                                                      "google-invalid.cap:9: "            },
    {"import in JSON lists what was refused",       "import --json " MUSTER_SOURCE_DIR "/tests/data/cap",                         1,
     "\"refused\": 2",                                                                                                                                                                     NULL                                },
    {"import of a missing file ends with 3",        "import nothing.cap",                                                         3, "0 already here, 1 refused",
     "nothing.cap"                                                                                                                                                                                                             },
    {"import can be tried",                         "import -n " MUSTER_SOURCE_DIR "/tests/data/resources/eden-org_resource.csv", 0,
     "would import 7 resources",                                                                                                                                                           NULL                                },
    {"help of a verb ends with its codes",          "help invite",                                                                0, "ends with",                                          NULL                                },
    {"help of a kind lists tokens",                 "help incident",                                                              0, "Extreme",                                            NULL                                },
    {"help of a code says what to do",              "help EPAIRCODE",                                                             0, "telephone",                                          NULL                                },
    {"help suggests",                               "help confrim",                                                               2, NULL,                                                 "muster help confirm"               },
    {"no verb is a question",                       "",                                                                           2, NULL,                                                 "usage: muster"                     },
    {"a wrong setting is named",                    "--output xml status",                                                        2, NULL,                                                 "--output cannot be \"xml\""        },
    {"the version needs no node",                   "--socket /nonexistent --version",                                            0, "muster ",                                            NULL                                },
    {"a missing node is 6",                         "--socket /nonexistent status",                                               6, NULL,                                                 "systemctl start musterd"           },
};

static void stream_check(const char *which, const char *got, const char *want)
{
    if (!want && got[0])
        fail_msg("%s is not empty: %s", which, got);
    if (want && strcmp(want, "*") != 0 && !strstr(got, want))
        fail_msg("%s has no \"%s\": %s", which, want, got);
}

static void test_muster(void **state)
{
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ran ran = command_line_run(fake_node_folder(node), fake_node_socket(node), cases[i].line);
        print_message("%s\n", cases[i].says);
        stream_check("stdout", ran.out, cases[i].out);
        stream_check("stderr", ran.err, cases[i].err);
        assert_int_equal(ran.code, cases[i].code);
        assert_null(strchr(ran.out, '\x1b')); /* no terminal: no colour, and nothing of a record */
        ran_clear(&ran);
    }
    fake_node_stop(node);
}

/* Rows name the members of their --json object: each is there, with the fake node's full answers. */
static void test_json_has_the_keys_of_the_row(void **state)
{
    static const struct {
        const char *name, *line;
    } rows[] = {
        {"status",       "status"                                       },
        {"list",         "list"                                         },
        {"show",         "show inc-7k2q9"                               },
        {"history",      "history inc-7k2q9"                            },
        {"digest",       "digest"                                       },
        {"card",         "card"                                         },
        {"pending",      "pending"                                      },
        {"peer list",    "peer list"                                    },
        {"peer show",    "peer show 'Red Cross'"                        },
        {"peer test",    "peer test x"                                  },
        {"space list",   "space list"                                   },
        {"space show",   "space show"                                   },
        {"check",        "check"                                        },
        {"version",      "version"                                      },
        {"new",          "new incident name=x phase=active category=Met"},
        {"import",       "import nothing.cap"                           },
        {"confirm",      "confirm 'Red Cross' 44444 55555 66666"        },
        {"space create", "space create x"                               }
    };
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char line[256], keys[256], *rest = keys, *key, name[64], *words[2] = {name, NULL};
        size_t used;
        snprintf(line, sizeof line, "--json %s", rows[i].line);
        snprintf(name, sizeof name, "%s", rows[i].name);
        char *space = strchr(name, ' ');
        if (space) {
            *space = '\0';
            words[1] = space + 1;
        }
        const struct command *row = command_find(words, space ? 2 : 1, &used);
        assert_non_null(row);
        struct ran ran = command_line_run(fake_node_folder(node), fake_node_socket(node), line);
        json_t *json = json_loads(ran.out, JSON_REJECT_DUPLICATES, NULL);
        snprintf(keys, sizeof keys, "%s", row->keys);
        while ((key = strsep(&rest, " ")))
            if (!json_object_get(json, key))
                fail_msg("muster %s has no %s: %s%s", line, key, ran.out, ran.err);
        json_decref(json);
        ran_clear(&ran);
    }
    fake_node_stop(node);
}

static void test_what_the_node_is_asked(void **state)
{
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    struct ran ran =
        command_line_run(fake_node_folder(node), fake_node_socket(node),
                         "new incident name=洪水 phase=active category=Met --flash -s flood -o id");
    json_t *want = json_loads("{\"space\":\"flood\",\"wait\":true,\"items\":[{\"op\":\"create\",\"kind\":"
                              "\"incident\",\"flash\":true,"
                              "\"fields\":{\"name\":\"洪水\",\"phase\":\"active\",\"category\":[\"Met\"]}}]}",
                              0, NULL);
    assert_int_equal(ran.code, 0);
    assert_string_equal(fake_node_asked(node, 0), "POST /v1/records");
    assert_true(json_equal(fake_node_body(node, 0), want));
    json_decref(want);
    ran_clear(&ran);
    ran = command_line_run(fake_node_folder(node), fake_node_socket(node),
                           "ls incidents severity=Severe --sort name -s flood -o id");
    assert_string_equal(fake_node_asked(node, 1),
                        "GET /v1/objects?space=flood&kind=incident&severity=Severe&sort=name&limit=50");
    ran_clear(&ran);
    ran = command_line_run(fake_node_folder(node), fake_node_socket(node),
                           "confirm 'Red Cross' 44444 55555 66666");
    want = json_loads("{\"typed\":\"44444 55555 66666\",\"first\":4,\"last\":6}", 0, NULL);
    assert_true(json_equal(fake_node_body(node, 4), want)); /* behind the pair and the status */
    json_decref(want);
    ran_clear(&ran);
    ran = command_line_run(fake_node_folder(node), fake_node_socket(node),
                           "new incident name=x phase=active category=Met -n");
    size_t rehearsed = 0;
    for (size_t i = 5; fake_node_asked(node, i); i++) /* --dry-run: whatever is posted is a rehearsal */
        if (strncmp(fake_node_asked(node, i), "GET ", 4) != 0) {
            assert_true(json_is_true(json_object_get(fake_node_body(node, i), "dry_run")));
            rehearsed++;
        }
    assert_int_equal(rehearsed, 1);
    ran_clear(&ran);
    fake_node_stop(node);
}

/* The space that is meant by habit narrows no status: another one may need somebody. */
static void test_status_narrows_to_the_space_of_its_own_option(void **state)
{
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    struct ran ran = command_line_run(fake_node_folder(node), fake_node_socket(node), "status --json --space flood");
    assert_string_equal(fake_node_asked(node, 0), "GET /v1/status?space=flood");
    ran_clear(&ran);
    setenv("MUSTER_SPACE", "flood", 1);
    ran = command_line_run(fake_node_folder(node), fake_node_socket(node), "status --json");
    unsetenv("MUSTER_SPACE");
    assert_string_equal(fake_node_asked(node, 1), "GET /v1/status");
    ran_clear(&ran);
    fake_node_stop(node);
}

/* Runs muster on a terminal of its own, types `typed` when `prompt` has come, and gives all that was shown.
 */
static char *terminal_run(struct fake_node *node, char *const argv[], const char *prompt, const char *typed,
                          int *code)
{
    int terminal, status;
    char *shown = calloc(1, SHOWN_BYTES);
    size_t len = 0;
    pid_t pid = forkpty(&terminal, NULL, NULL, &(struct winsize){.ws_row = 24, .ws_col = 100});
    if (pid == 0) {
        setenv("MUSTER_SOCKET", fake_node_socket(node), 1);
        setenv("HOME", fake_node_folder(node), 1);
        setenv("TERM", "dumb", 1);
        setenv("MUSTER_PAGER", "", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execv(MUSTER_PROGRAM, argv);
        _exit(127);
    }
    if (pid < 0) {
        print_message("skipped: this machine gives no pseudo-terminal (is /dev/pts mounted?)\n");
        free(shown);
        skip();
    }
    for (bool done = false; len + 1 < SHOWN_BYTES;) {
        ssize_t got = read(terminal, shown + len, SHOWN_BYTES - 1 - len);
        if (got <= 0) /* EIO: the other side has gone */
            break;
        len += (size_t)got;
        if (!done && strstr(shown, prompt)) {
            done = true;
            assert_int_equal(write(terminal, typed, strlen(typed)), (ssize_t)strlen(typed));
        }
    }
    close(terminal);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return shown;
}

static void test_confirm_asks_on_a_terminal(void **state)
{
    char *const argv[] = {(char[]){"muster"}, (char[]){"confirm"}, (char[]){"Red Cross"}, NULL};
    int code;
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    char *shown = terminal_run(node, argv, "or words 6 to 9):", "44444 55555 66666\n", &code);
    assert_non_null(strstr(shown, "11111 22222 33333")); /* to be read aloud */
    assert_non_null(strstr(shown, "able acid also area army"));
    char *prompt = strstr(shown, "groups 4 to 6");
    assert_non_null(prompt);
    *prompt = '\0';
    assert_null(strstr(shown, "44444")); /* the half to be typed is never shown */
    assert_null(strstr(shown, "aunt"));
    *prompt = 'g';
    assert_non_null(strstr(shown, "Red Cross is confirmed by voice"));
    assert_int_equal(code, 0);
    free(shown);
    fake_node_stop(node);
}

static void test_peer_remove_asks_on_a_terminal(void **state)
{
    static const struct {
        const char *typed;
        bool removed;
    } rows[] = {
        {"y\n", true },
        {"n\n", false},
        {"\n",  false}
    };
    char *const argv[] = {(char[]){"muster"}, (char[]){"peer"}, (char[]){"remove"}, (char[]){"Red Cross"},
                          NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code;
        struct fake_node *node = fake_node_start(routes);
        free(terminal_run(node, argv, "[y/N]", rows[i].typed, &code));
        assert_int_equal(code, 0);
        assert_int_equal(fake_node_asked(node, 1) != NULL, rows[i].removed);
        fake_node_stop(node);
    }
}

static void test_cards_and_invites_are_files(void **state)
{
    (void)state;
    struct fake_node *node = fake_node_start(routes);
    const char *folder = fake_node_folder(node), *socket = fake_node_socket(node);
    static const struct {
        const char *line;
        int code;
        const char *out, *err;
    } steps[] = {
        {"card -O b.card",                          0, NULL,                                  "b.card: the card of Yibin"           },
        {"card -O b.card",                          8, NULL,                                  "b.card exists already"               },
        {"card -O b.card --yes",                    0, NULL,                                  "b.card"                              },
        {"card show b.card",                        0, "WITH ANOTHER KEY",                    NULL                                  },
        {"invite b.card --right write",             0, "-----BEGIN MUSTER INVITE-----\nabc",  "pair code with Red Cross"            },
        {"invite b.card --right write -O b.invite", 0, "11111 22222",                         NULL                                  },
        {"invite b.card --right all",               2, NULL,                                  "there is no right \"all\""           },
        {"join b.invite",                           0, "joined the space flood of Red Cross", NULL                                  },
        {"space use flood",                         0, NULL,                                  "--space flood"                       },
        {"list -v -o id",                           0, "0190",                                "GET /v1/objects?space=flood&limit=50"},
        {"space use",                               0, NULL,                                  "no space is chosen"                  },
        {"list -v -o id",                           0, "0190",                                "GET /v1/objects?limit=50"            },
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct ran ran = command_line_run(folder, socket, steps[i].line);
        print_message("muster %s\n", steps[i].line);
        stream_check("stdout", ran.out, steps[i].out);
        stream_check("stderr", ran.err, steps[i].err);
        assert_int_equal(ran.code, steps[i].code);
        ran_clear(&ran);
    }
    static const char *const left[] = {"b.card", "b.invite", ".config/muster/cli.conf"};
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        assert_int_equal(unlink(path), 0);
    }
    char path[256];
    snprintf(path, sizeof path, "%s/.config/muster", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/.config", folder);
    rmdir(path);
    fake_node_stop(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_muster),
        cmocka_unit_test(test_json_has_the_keys_of_the_row),
        cmocka_unit_test(test_what_the_node_is_asked),
        cmocka_unit_test(test_status_narrows_to_the_space_of_its_own_option),
        cmocka_unit_test(test_confirm_asks_on_a_terminal),
        cmocka_unit_test(test_peer_remove_asks_on_a_terminal),
        cmocka_unit_test(test_cards_and_invites_are_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
