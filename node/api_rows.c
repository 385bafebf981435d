/* api_rows.c — everything that the local API answers. */
#include "node/api_handlers.h"

const struct api_row api_rows[] = {
    {"GET", "/v1/status", API_ALWAYS, api_status, "how this node is"},
    {"POST", "/v1/init", API_ALWAYS | API_WRITE, api_init, "make this the node of an agency"},
    {"GET", "/v1/kinds", API_ALWAYS, api_kinds, "kinds of objects and their fields"},
    {"GET", "/v1/card", 0, api_card, "the card to give to partners"},
    {"POST", "/v1/card/read", API_ALWAYS, api_card_read, "check a partner's card"},
    {"POST", "/v1/invite", API_WRITE, api_invite, "add an agency to a space, and make its invite"},
    {"POST", "/v1/join", API_WRITE, api_join, "take an invite"},
    {"GET", "/v1/peers", 0, api_peers, "the nodes of partners"},
    {"GET", "/v1/peers/*/pair", 0, api_peer_pair, "the pair code with a partner"},
    {"POST", "/v1/peers/*/confirm", API_WRITE, api_peer_confirm, "the pair code as it was read out"},
    {"POST", "/v1/peers/*/remove", API_WRITE, api_peer_remove, "forget a partner that shares no space"},
    {"POST", "/v1/peers/test", API_WRITE, api_peer_test, "what is in the way of a connection"},
    {"GET", "/v1/pending", 0, api_pending, "who knocked and was refused"},
    {"GET", "/v1/spaces", 0, api_spaces, "the spaces of this node"},
    {"POST", "/v1/spaces", API_WRITE, api_space_create, "make a space"},
    {"GET", "/v1/spaces/*", 0, api_space, "one space with members, epochs and logs"},
    {"POST", "/v1/records", API_WRITE, api_records, "create and update objects"},
    {"GET", "/v1/objects", 0, api_objects, "objects of a space, by page"},
    {"GET", "/v1/objects/*", 0, api_object, "one object"},
    {"GET", "/v1/objects/*/history", 0, api_history, "all records of an object"},
    {"GET", "/v1/objects/*/evidence/*", 0, api_evidence, "bytes that a field holds"},
    {"GET", "/v1/objects/*/proof", 0, api_proof, "a proof of one record of an object, or of all, for somebody without a node"},
    {"POST", "/v1/bundles/export", API_WRITE, api_bundle_export, "a file with what a partner lacks, for a stick"},
    {"POST", "/v1/bundles/import", API_WRITE | API_FILE, api_bundle_import, "take a partner's file in"},
    {"POST", "/v1/bundles/show", API_FILE, api_bundle_show, "what such a file is, taking nothing"},
    {"GET", "/v1/digest", 0, api_digest, "a hash that is equal on nodes that hold the same"},
    {"POST", "/v1/check", API_WRITE, api_check, "read everything again and look for damage"},
    {"GET", "/v1/audit", 0, api_audit, "decisions about people and rights, and the latest events"},
};
const size_t api_rows_count = ARRAY_LEN(api_rows);
