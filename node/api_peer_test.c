/* api_peer_test.c — what is in the way to a partner: name, TCP, CURVE and the other side's reason, clock, membership, right,
 * disk, in that order.  The first step that fails says what to do. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "protocol/trust/control.h"

#include <stdlib.h>

enum { SKEW_MS_MAX = 60 * 1000, STEP_TEXT_BYTES = 640 };
#define MIB (1024ULL * 1024)

/* message, remedy: in the caller's language.  waits: it is not known yet, and asking again may tell. */
static bool step(json_t *steps, const char *name, bool ok, bool waits, const char *message, const char *remedy)
{
    json_array_append_new(steps, json_pack("{s:s, s:b, s:b, s:o, s:o}", "step", name, "ok", (int)ok, "waits", (int)waits,
                                           "message", json_text(message, strlen(message)), "do",
                                           json_text(ok ? "" : remedy, ok ? 0 : strlen(remedy))));
    return ok;
}

/* --- the call ------------------------------------------------------------------------------------------------------- */

#define AGAIN N_("it is called again by itself: repeat this in a few seconds; the journals of both nodes have the reason")
#define NEW_CARDS N_("exchange cards again: muster card, muster invite, muster join")
#define NO_MUSTER N_("ask the partner for the endpoint of its musterd: something else answers there")

/* What ended the last call, the step at which that is, and who mends it. */
static const struct {
    enum link_reason reason;
    const char *step, *says, *remedy;
} ways[] = {
    {LINK_NO_NAME, "name", N_("the host name cannot be resolved"),
     N_("ask the partner for a card with a name that can be found, or an address; if no name can be found, look at this machine's name server")},
    {LINK_NONE, "tcp", N_("there was no answer yet"), N_("it is being called: repeat this in a few seconds")},
    {LINK_REFUSED, "tcp", N_("the other machine refuses connections on this port"),
     N_("ask the partner whether musterd runs and listens on that port: muster doctor over there")},
    {LINK_NO_ROUTE, "tcp", N_("no way leads to that address"), N_("look at this machine's own network first: cable, address, route, VPN")},
    {LINK_TIMEOUT, "tcp", N_("nothing comes back: the machine is off, or a firewall drops what is sent there"),
     N_("ask the partner whether the machine runs and its firewall lets the port through")},
    {LINK_NO_DESCRIPTORS, "tcp", N_("this node is out of descriptors"), N_("LimitNOFILE=8192 in the unit of musterd, then systemctl restart musterd")},
    {LINK_TOO_MANY, "tcp", N_("this node has no room for another connection"), N_("muster peer list says who is connected; look for a crowd that knocks: muster pending")},
    {LINK_NOT_KNOWN_THERE, "curve", N_("the other node does not admit this node's key (400): it does not know it"),
     N_("give the partner this node's card (muster card), and have it added there: muster invite")},
    {LINK_LATER, "curve", N_("the other node asks to be called later (300)"), AGAIN},
    {LINK_OTHER_FAILED, "curve", N_("the other node could not check this node's key (500)"), N_("ask the partner to restart musterd, and to look at its journal")},
    {LINK_HANDSHAKE, "curve", N_("the handshake failed: its key is not the one on its card, or it is no muster node"), NEW_CARDS},
    {LINK_HANDSHAKE_CLOSED, "curve", N_("it hung up during the handshake: its key has changed, or it has no room"), NEW_CARDS},
    {LINK_IDENTITY, "curve", N_("what answers there does not run muster"), NO_MUSTER},
    {LINK_MULTIPART, "curve", N_("what answers there does not run muster"), NO_MUSTER},
    {LINK_HELD_TOO_MUCH, "curve", N_("it sent bytes that never became a message"), NO_MUSTER},
    {LINK_NOT_ADMITTED, "curve", N_("this node does not admit its key"), N_("invite it again with its newest card: muster invite CARD")},
    {LINK_GONE, "curve", N_("the connection has ended"), AGAIN},
    {LINK_CLOSED_HERE, "curve", N_("this node has closed the connection"), AGAIN},
    {LINK_REPLACED, "curve", N_("the same node has connected a second time"), AGAIN},
    {LINK_UNDIALLED, "curve", N_("this node does not call it any more"), NEW_CARDS},
};

/* How far the last call came: name, tcp, curve.  said: the other side's last word, if it had one. */
static bool steps_of_call(json_t *steps, enum link_reason reason, bool up, const char *endpoint, enum muster_error said)
{
    const char *at = "curve", *says = "", *remedy = "";
    char text[STEP_TEXT_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (ways[i].reason == reason) {
            at = ways[i].step;
            says = lang_text(ways[i].says);
            remedy = lang_text(ways[i].remedy);
        }
    bool name = up || strcmp(at, "name") != 0, tcp = up || (name && strcmp(at, "tcp") != 0);
    if (said && tcp) {
        snprintf(text, sizeof(text), _("the other node has ended the connection: %s (%s)"), lang_text(error_what(said)), error_name(said));
        remedy = lang_text(error_remedy(said));
        up = false;
    } else {
        snprintf(text, sizeof(text), "%s%s%s", endpoint, endpoint[0] ? ": " : "", says);
    }
    return step(steps, "name", name, false, name ? _("the name of its endpoint is known") : text, remedy) &&
           step(steps, "tcp", tcp, !tcp && reason == LINK_NONE, tcp ? _("its port answers") : text, remedy) &&
           step(steps, "curve", up, false, up ? _("both sides know each other's key") : text, remedy);
}

/* --- behind the call ------------------------------------------------------------------------------------------------- */

static void step_clock(json_t *steps, int64_t skew_ms)
{
    char text[STEP_TEXT_BYTES];
    long long apart = llabs((long long)skew_ms);
    bool ok = apart <= SKEW_MS_MAX;
    if (ok)
        snprintf(text, sizeof(text), _("its clock differs by %lld ms"), (long long)skew_ms);
    else if (skew_ms < 0)
        snprintf(text, sizeof(text), _("its clock is %lld s behind this node's"), apart / 1000);
    else
        snprintf(text, sizeof(text), _("its clock is %lld s ahead of this node's"), apart / 1000);
    step(steps, "clock", ok, false, text, _("find out which of the two is wrong (timedatectl) and set it; records are kept all the same"));
}

/* The first admin of the space, for a remedy; its name, or "". */
static const char *admin_of(const struct node *node, struct control *control, char id[17])
{
    const struct control_state *state = control_state(control);
    for (size_t i = 0; state && i < state->member_count; i++)
        if (state->members[i].admin)
            return agency_name(node, &state->members[i].who, id);
    return "";
}

/* What may go in each direction, of the spaces that both are in. */
struct ways_through {
    bool known, theirs, ours;         /* some control is here; it may read in one; this node may write in one */
    char their_fault[NAME_BYTES_MAX + 1], our_fault[NAME_BYTES_MAX + 1]; /* the last space where not */
    char admin[NAME_BYTES_MAX + 1];   /* of that one */
    enum right right;                 /* this node's there */
    bool suspended;                   /* either, there */
};

static void rights_look(struct node *node, const struct agency_id *agency, struct ways_through *out)
{
    struct space_view space;
    char id[17];
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        const struct control_member *theirs = space.joined ? control_member(space.control, agency) : NULL;
        const struct control_member *ours = theirs ? control_member(space.control, &node->own.identity.agency) : NULL;
        if (!ours)
            continue;
        out->known = true;
        bool reads = theirs->right >= RIGHT_READ && !theirs->suspended, writes = ours->right >= RIGHT_WRITE && !ours->suspended;
        out->theirs |= reads;
        out->ours |= writes;
        if (!reads)
            snprintf(out->their_fault, sizeof(out->their_fault), "%s", space.name);
        if (!writes)
            snprintf(out->our_fault, sizeof(out->our_fault), "%s", space.name);
        if (reads && writes)
            continue;
        out->right = ours->right;
        out->suspended = theirs->suspended || ours->suspended;
        snprintf(out->admin, sizeof(out->admin), "%s", admin_of(node, space.control, id));
    }
}

static void step_right(struct node *node, const struct peer *peer, json_t *steps)
{
    struct ways_through w = {.known = false};
    char text[STEP_TEXT_BYTES], remedy[STEP_TEXT_BYTES];
    rights_look(node, &peer->agency, &w);
    if (!w.known) {
        step(steps, "right", false, true, _("the members of the space have not arrived yet"), _("repeat this in a few seconds"));
    } else if (!w.theirs) {
        snprintf(text, sizeof(text), w.suspended ? _("it is suspended in %s: it gets no data") : _("it may not read in %s: it gets no data"),
                 w.their_fault);
        snprintf(remedy, sizeof(remedy), w.suspended ? _("ask an admin (%s) to lift it: muster space lift %s") : _("ask an admin (%s) for: muster space right %s read"),
                 w.admin, peer->agency_name);
        step(steps, "right", false, false, text, remedy);
    } else if (!w.ours) {
        snprintf(text, sizeof(text), w.suspended ? _("this agency is suspended in %s")
                                     : w.right >= RIGHT_READ ? _("this agency may only read in %s: it gets what others write there, and cannot write")
                                                             : _("this agency may not read in %s: it only carries what others wrote"),
                 w.our_fault);
        snprintf(remedy, sizeof(remedy), w.suspended ? _("ask an admin (%s) to lift it: muster space lift %s")
                                                     : _("if it shall write, ask an admin (%s) for: muster space right %s write"),
                 w.admin, node->own.identity.name);
        step(steps, "right", false, false, text, remedy);
    } else {
        step(steps, "right", true, false, _("it may read, and this node may write, in a space of both"), "");
    }
}

static void step_disk(struct node *node, json_t *steps)
{
    struct store_statistics disk;
    char text[STEP_TEXT_BYTES];
    store_statistics(node->store, &disk);
    unsigned long long free_mib = disk.disk_free_bytes / MIB;
    bool ok = disk.disk_free_bytes > STORE_RESERVE_DEFAULT;
    snprintf(text, sizeof(text), _("only %llu MiB are free on this node's disk: nothing in bulk is taken in"), free_mib);
    step(steps, "disk", ok, false, ok ? _("there is room on this node's disk") : text, _("free space on the disk of the data directory; intake goes on by itself"));
}

static void test_steps(struct node *node, const struct peer *peer, const struct peer_view *view, json_t *steps)
{
    struct link_dial_info info = {.reason = LINK_NONE};
    if (!peer->up && !peer->endpoints.count) {
        step(steps, "name", false, false, _("its card names no endpoint: it must call this node"),
             _("ask the partner for a card with an endpoint, or to test the way from its side: muster peer test"));
        return;
    }
    if (peer->dial.n) {
        if (link_dial_look(node->link, peer->dial, &info) != MUSTER_OK)
            info.reason = LINK_NONE;
        link_dial_now(node->link, peer->dial);
    }
    enum muster_error said = view->state == PEER_UP ? MUSTER_OK : peer->said;
    if (!steps_of_call(steps, info.reason, peer->up, info.endpoint, said))
        return;
    step_clock(steps, view->skew_ms);
    bool shares = view->shared_spaces > 0;
    if (!step(steps, "membership", shares, false, shares ? _("it shares a space with this node") : _("it shares no space with this node: nothing goes to it"),
              _("an admin invites it: muster invite CARD")))
        return;
    step_right(node, peer, steps);
    step_disk(node, steps);
}

void api_peer_test(struct request *request)
{
    bool bad = false;
    struct peer_view view;
    const char *name = request_text(request, "agency", 2 * NAME_BYTES_MAX, &bad);
    if (!bad && !name)
        request_refuse(request, MUSTER_EUSAGE, "\"agency\" is missing");
    struct peer *peer = name ? request_peer(request, name) : NULL;
    if (!peer)
        return;
    json_t *steps = json_array();
    for (size_t i = 0; core_peer_at(request->node->core, i, &view); i++)
        if (memcmp(view.curve.b, peer->curve.b, sizeof(peer->curve.b)) == 0) {
            test_steps(request->node, peer, &view, steps);
            break;
        }
    request_answer(request, json_pack("{s:o}", "steps", steps));
}
