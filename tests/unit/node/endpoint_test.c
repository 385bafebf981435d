#include "node/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define NAME_255 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." "hhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmmmmn"

_Static_assert(sizeof NAME_253 - 1 == ENDPOINT_HOST_MAX, "the longest name has its test");

static const struct {
    const char *says, *text;
    bool dial, listen;
    const char *again; /* the text form, when it differs */
} cases[] = {
    {"takes an IPv4 address", "tcp://192.0.2.7:7117", true, true, NULL},
    {"takes an IPv6 address in brackets", "tcp://[2001:db8::7]:7117", true, true, NULL},
    {"writes an IPv6 address in its short form", "tcp://[2001:DB8:0:0:0:0:0:7]:7117", true, true,
     "tcp://[2001:db8::7]:7117"},
    {"takes a name", "tcp://node-1.agency.example:7117", true, false, NULL},
    {"takes a name of one label", "tcp://localhost:7117", true, false, NULL},
    {"takes an internationalised name in its wire form", "tcp://xn--fsqu00a.xn--0zwm56d:1", true, false, NULL},
    {"makes a name lower case", "tcp://Node.Example:7117", true, false, "tcp://node.example:7117"},
    {"takes the longest label", "tcp://" LABEL_63 ":1", true, false, NULL},
    {"takes the longest name", "tcp://" NAME_253 ":65535", true, false, NULL},
    {"takes the least and the largest port", "tcp://192.0.2.7:1", true, true, NULL},
    {"listens on any port and any address", "tcp://0.0.0.0:0", false, true, NULL},
    {"listens on any IPv6 address", "tcp://[::]:7117", false, true, NULL},
    {"does not dial port 0", "tcp://192.0.2.7:0", false, true, NULL},
    {"does not dial the unspecified address", "tcp://0.0.0.0:7117", false, true, NULL},

    {"refuses nothing", "", false, false, NULL},
    {"refuses a scheme alone", "tcp://", false, false, NULL},
    {"refuses another scheme", "ipc:///tmp/x", false, false, NULL},
    {"refuses this process", "inproc://zeromq.zap.01", false, false, NULL},
    {"refuses udp", "udp://192.0.2.7:7117", false, false, NULL},
    {"refuses a scheme in capitals", "TCP://192.0.2.7:7117", false, false, NULL},
    {"refuses a missing port", "tcp://192.0.2.7", false, false, NULL},
    {"refuses an empty port", "tcp://192.0.2.7:", false, false, NULL},
    {"refuses port 65536", "tcp://192.0.2.7:65536", false, false, NULL},
    {"refuses a port of six digits", "tcp://192.0.2.7:100000", false, false, NULL},
    {"refuses a port with a sign", "tcp://192.0.2.7:+7117", false, false, NULL},
    {"refuses a port with a leading zero", "tcp://192.0.2.7:07117", false, false, NULL},
    {"refuses the wildcard port", "tcp://192.0.2.7:*", false, false, NULL},
    {"refuses a wildcard host", "tcp://*:7117", false, false, NULL},
    {"refuses an empty host", "tcp://:7117", false, false, NULL},
    {"refuses a format", "tcp://%s%n:7117", false, false, NULL},
    {"refuses a zone", "tcp://[fe80::1%eth0]:7117", false, false, NULL},
    {"refuses IPv6 without brackets", "tcp://2001:db8::7:7117", false, false, NULL},
    {"refuses brackets around IPv4", "tcp://[192.0.2.7]:7117", false, false, NULL},
    {"refuses brackets around a name", "tcp://[localhost]:7117", false, false, NULL},
    {"refuses half a bracket", "tcp://[2001:db8::7:7117", false, false, NULL},
    {"refuses empty brackets", "tcp://[]:7117", false, false, NULL},
    {"refuses a source address", "tcp://192.0.2.1:0;192.0.2.7:7117", false, false, NULL},
    {"refuses a path", "tcp://192.0.2.7:7117/", false, false, NULL},
    {"refuses a space", "tcp://192.0.2.7 :7117", false, false, NULL},
    {"refuses a line end", "tcp://192.0.2.7:7117\n", false, false, NULL},
    {"refuses a user", "tcp://root@192.0.2.7:7117", false, false, NULL},
    {"refuses a short address", "tcp://127.1:7117", false, false, NULL},
    {"refuses a number as address", "tcp://2130706433:7117", false, false, NULL},
    {"refuses a hexadecimal address", "tcp://0x7f.0x1:7117", false, false, NULL},
    {"refuses 256 in an address", "tcp://256.0.2.7:7117", false, false, NULL},
    {"refuses a multicast address for dialling", "tcp://224.0.0.1:7117", false, true, NULL},
    {"refuses the broadcast address for dialling", "tcp://255.255.255.255:7117", false, true, NULL},
    {"refuses a mapped address for dialling", "tcp://[::ffff:127.0.0.1]:7117", false, true, NULL},
    {"refuses a dot at the end", "tcp://node.example.:7117", false, false, NULL},
    {"refuses a dot at the start", "tcp://.example:7117", false, false, NULL},
    {"refuses an empty label", "tcp://node..example:7117", false, false, NULL},
    {"refuses a hyphen at a label's start", "tcp://-node.example:7117", false, false, NULL},
    {"refuses a hyphen at a label's end", "tcp://node-.example:7117", false, false, NULL},
    {"refuses a hyphen at the name's end", "tcp://node.example-:7117", false, false, NULL},
    {"refuses an underscore", "tcp://no_de.example:7117", false, false, NULL},
    {"refuses letters beyond ASCII", "tcp://n\xc3\xb6" "de.example:7117", false, false, NULL},
    {"refuses a label of 64 characters", "tcp://" LABEL_63 "x:7117", false, false, NULL},
    {"refuses a name of 255 characters", "tcp://" NAME_255 ":7117", false, false, NULL},
    {"refuses what is longer than any endpoint", "tcp://" NAME_255 "." NAME_255 ":7117", false, false, NULL},
};

static void test_endpoint_parse_takes_tcp_host_port_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct endpoint got = {.port = 77}, again;
        char text[ENDPOINT_BYTES_MAX];
        print_message("endpoint_parse %s\n", cases[i].says);
        assert_int_equal(endpoint_parse(&got, cases[i].text), cases[i].dial ? MUSTER_OK : MUSTER_EENDPOINT);
        if (!cases[i].dial) {
            assert_int_equal(got.port, 77);
        } else {
            assert_string_equal(endpoint_text(text, &got), cases[i].again ? cases[i].again : cases[i].text);
            assert_int_equal(endpoint_parse(&again, text), MUSTER_OK);
            assert_string_equal(again.host, got.host);
            assert_int_equal(again.port, got.port);
        }
        got.port = 77;
        assert_int_equal(endpoint_parse_listen(&got, cases[i].text), cases[i].listen ? MUSTER_OK : MUSTER_EENDPOINT);
        assert_int_equal(got.port == 77, !cases[i].listen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint_parse_takes_tcp_host_port_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
