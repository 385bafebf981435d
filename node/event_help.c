/* event_help.c — what each event means, and what to do about it; docs/MONITORING.md is printed from here. */
#include "node/journal.h"

static const struct {
    const char *event, *meaning, *remedy;
} rows[] = {
    {EVENT_NAME_STARTED, "the daemon runs", ""},
    {EVENT_NAME_STOPPING, "it was asked to stop", ""},
    {EVENT_NAME_INITIALISED, "this node was made the node of an agency", ""},
    {EVENT_NAME_LISTENING, "an address on which partners reach it", ""},
    {EVENT_NAME_RELOAD, "it was asked to read its settings again", ""},
    {EVENT_NAME_FAILED, "something that should have worked did not; the text says what", "read the text; muster doctor"},
    {EVENT_NAME_MEMORY_UNLOCKED, "secrets may reach the swap", "set LimitMEMLOCK=8M in the unit"},
    {EVENT_NAME_STORE_FAILED, "the disk or the files did not do what was asked", "muster doctor; look at the disk"},
    {EVENT_NAME_STORE_REBUILD, "views and indexes are made anew from the records", "wait: lists are short until it is done"},
    {EVENT_NAME_SCRUBBED, "erased bytes were overwritten", ""},
    {EVENT_NAME_STORE_BEHIND, "the data are of an earlier moment than this node's guard",
     "nothing after a restored backup; else find out who put old files there"},
    {EVENT_NAME_COMMIT_FAILED, "a commit did not succeed; nothing was lost, intake rests", "free space on the disk"},
    {EVENT_NAME_STORE_DAMAGED, "stored bytes are not what was written", "muster check; replace the disk"},
    {EVENT_NAME_PEER_UP, "a connection to a partner", ""},
    {EVENT_NAME_PEER_DOWN, "a connection ended", ""},
    {EVENT_NAME_PEER_REFUSED, "a key that is not known here knocked", "muster pending, if you expect somebody"},
    {EVENT_NAME_PEER_SLOW, "a partner took too little for too long and was cut", ""},
    {EVENT_NAME_PEER_CONFIRMED, "somebody typed the pair code with a partner", ""},
    {EVENT_NAME_PEER_FORGOTTEN, "a partner's card was removed", ""},
    {EVENT_NAME_SPACE_CREATED, "a space was made", ""},
    {EVENT_NAME_SPACE_INVITED, "an agency was added to a space", ""},
    {EVENT_NAME_SPACE_JOINED, "this node joined a space", ""},
    {EVENT_NAME_MEMBER_ADDED, "a space has a new member", ""},
    {EVENT_NAME_MEMBER_REMOVED, "a removed member was shown its removal", ""},
    {EVENT_NAME_CONTROL_WRITTEN, "an operation of a space was signed here", ""},
    {EVENT_NAME_CONTROL_DENIED, "an operation of a space was refused here", ""},
    {EVENT_NAME_EPOCH_OPENED, "a space has new keys", ""},
    {EVENT_NAME_SPACE_CLOSED, "this node is no member of a space any more", ""},
    {EVENT_NAME_BUNDLE_EXPORTED, "a file for a partner was written", ""},
    {EVENT_NAME_BUNDLE_IMPORTED, "a partner's file was taken in", ""},
    {EVENT_NAME_MEMBER_GONE, "a member was removed; data may have gone to it until it learned of that", ""},
    {EVENT_NAME_IDENTITY_STATED, "the agency has new statements about itself", ""},
    {EVENT_NAME_NODE_REVOKED, "an agency has revoked one of its nodes", "call the agency: what happened to the node?"},
    {EVENT_NAME_CARD_REFUSED, "a card does not hold", "ask the partner for a new one"},
    {EVENT_NAME_IDENTITY_FORK, "two cards of one agency contradict each other", "call the agency on a number you had before"},
    {EVENT_NAME_IDENTITY_CHANGED, "a known name came with another agency key", "call the agency on a number you had before"},
    {EVENT_NAME_LOG_FORK, "somebody signed two histories", "muster space show; call the agency, then let a majority cut the log"},
    {EVENT_NAME_NODE_CLONED, "two running nodes use the same keys", "stop one of the two"},
    {EVENT_NAME_LOG_RESTORED, "partners held records that this node had lost", "nothing after a restored backup; else look why"},
    {EVENT_NAME_LOG_FENCED, "a partner met another process with these keys", "stop the other one"},
    {EVENT_NAME_LOG_INCARNATION, "records go on in a new log", ""},
    {EVENT_NAME_LOG_ADOPTED, "another branch of a log counts now", ""},
    {EVENT_NAME_SESSION_UP, "a partner's node speaks the protocol", ""},
    {EVENT_NAME_SESSION_CLOSED, "this node ended a session; the text says why", ""},
    {EVENT_NAME_PROOF_DISCLOSED, "a proof with its content was written", ""},
    {EVENT_NAME_REQUEST_REFUSED, "a request about people or rights was refused", "muster audit --refused"},
    {EVENT_NAME_LINE_MADE, "a line to join by was made", ""},
    {EVENT_NAME_LINE_KNOCKED, "somebody came with a line", "muster pending"},
    {EVENT_NAME_LINE_ACCEPTED, "who came with a line was let in", ""},
    {EVENT_NAME_LINE_DENIED, "who came with a line was turned away", ""},
    {EVENT_NAME_LINE_REFUSED, "somebody came with a line that does not hold", "muster audit --what line"},
    {EVENT_NAME_LINE_CALLED, "this node knocks with a line", ""},
    {EVENT_NAME_LINE_ENDED, "joining by a line ended", "muster join --state"},
    {EVENT_NAME_AUDIT_LOST, "there was no room for audit entries", "look at the disk; the count is in the text"},
    {EVENT_NAME_AGREEMENT_SIGNED, "sharing terms were signed here", ""},
    {EVENT_NAME_AGREEMENT_CONSENTED, "an agency may share an object onward", ""},
    {EVENT_NAME_API_DENIED, "a user of this machine asked for more than it may", "muster audit --what api; groups muster, muster-read"},
    {EVENT_NAME_LOG_NOT_ADOPTED, "a cut would put more of a log aside than this node can hold", "tell the agency of the log"},
    {EVENT_NAME_RECORD_SET_ASIDE, "the contents of a record are void; others go on", "muster check; they are tried again after an upgrade"},
    {EVENT_NAME_OBJECT_NOT_FOLDED, "an object cannot be computed again; its last state is shown", "muster check"},
    {EVENT_NAME_SESSION_DOWN, "a session ended", ""},
    {EVENT_NAME_SESSION_BYE, "a partner ended the session and said why", ""},
    {EVENT_NAME_SESSION_ERR, "a partner refused something and said why", "muster peer test AGENCY"},
    {EVENT_NAME_QUOTA_SPENT, "an agency has written more than the space allows it", "muster space policy, or ask the agency"},
    {EVENT_NAME_EPOCH_WRONG_KEY, "a key that arrived does not fit; another is asked for", ""},
    {EVENT_NAME_BLOB_REFUSED, "a part of an attachment is not what its id says", ""},
    {EVENT_NAME_SEGMENT_REFUSED, "a partner sent records that do not hold", "muster peer show AGENCY; tell the agency"},
    {EVENT_NAME_CONTROL_VOID, "an operation of an impossible form has no effect", "tell the agency"},
    {EVENT_NAME_CONTROL_REFUSED, "an operation of a space was not signed here", ""},
    {EVENT_NAME_LINK_REFUSED, "a connection was refused before it could speak", ""},
    {EVENT_NAME_LINK_CUT, "a connection was cut for what it sent, or did not send", ""},
    {EVENT_NAME_LINK_CALL_ENDED, "a call to a partner ended", "muster peer test AGENCY"},
    {EVENT_NAME_LINK_LOWERED, "there are fewer descriptors than connections wanted", "raise LimitNOFILE in the unit"},
    {EVENT_NAME_METRICS_LISTENING, "where metrics and health are read", ""},
    {EVENT_NAME_METRICS_FAILED, "metrics and health cannot be read", "set metrics to a free port, restart musterd"},
};

void event_help(const char *event, const char **meaning, const char **remedy)
{
    *meaning = NULL;
    *remedy = "";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].event, event) == 0) {
            *meaning = rows[i].meaning;
            *remedy = rows[i].remedy;
        }
}
