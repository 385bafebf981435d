#!/usr/bin/env bash
# Three agencies on loopback share real alerts and stock, with no server between them.
# Checks itself: every claim it prints was looked at; exit 1 and a sentence if one is not true.
# usage: demo.sh [BIN_DIR]      MUSTER_DEMO_KEEP=1 keeps the directories
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${1:-$here/build/dev/bin}
data=$here/tests/data
root=$(mktemp -d "${TMPDIR:-/tmp}/muster-demo.XXXXXX")
pids=()

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { # run NODE ARGUMENTS…: shows the command as a person would type it
    local node=$1
    shift
    printf '  %s$ muster' "$node" >&2
    printf ' %q' "$@" >&2
    printf '\n' >&2
    "$bin/muster" --socket "$root/$node/api.sock" --no-pager "$@"
}
fail() {
    printf '\ndemo: %s\n' "$*" >&2
    for log in "$root"/*.journal; do
        [ -s "$log" ] && { printf -- '--- %s\n' "$log" >&2; tail -n 15 "$log" >&2; }
    done
    exit 1
}
cleanup() {
    local status=$?
    trap - EXIT INT TERM
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] && kill "$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] && wait "$pid" 2>/dev/null || true
    done
    if [ -z "${MUSTER_DEMO_KEEP:-}" ]; then rm -rf "$root"; else echo "kept: $root"; fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start() { # start NODE: pid in $started
    mkdir -p -m 0700 "$root/$1"
    "$bin/musterd" --data "$root/$1/data" --socket "$root/$1/api.sock" 2>>"$root/$1.journal" &
    started=$!
    pids+=("$started")
    for _ in $(seq 100); do
        if "$bin/muster" --socket "$root/$1/api.sock" --json status >/dev/null 2>&1; then return; fi
        kill -0 "$started" 2>/dev/null || fail "musterd of $1 ended at once"
        sleep 0.05
    done
    fail "musterd of $1 does not answer"
}
digest() { "$bin/muster" --socket "$root/$1/api.sock" --json digest 2>/dev/null | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["digest"], d["objects"])' 2>/dev/null || echo none; }
wait_equal() { # wait_equal SECONDS NODE NODE…
    local seconds=$1 first
    shift
    for _ in $(seq $((seconds * 10))); do
        first=$(digest "$1")
        if [ "$first" != none ]; then
            local same=1
            for node in "${@:2}"; do [ "$(digest "$node")" = "$first" ] || same=0; done
            [ "$same" = 1 ] && return
        fi
        sleep 0.1
    done
    for node in "$@"; do echo "  $node: $(digest "$node")" >&2; done
    fail "the nodes do not agree after $seconds s"
}

say "1. Three agencies, a node each. No server between them."
for node in yibin zhaotong luzhou; do start "$node"; eval "pid_$node=$started"; done
port_yibin=$(free_port) port_zhaotong=$(free_port) port_luzhou=$(free_port) port_relay=$(free_port)
python3 "$here/tests/e2e/relay.py" "$port_relay" "$port_yibin" "$root/link.capture" >"$root/relay.out" &
pids+=("$!")
for _ in $(seq 100); do grep -q ready "$root/relay.out" && break; sleep 0.05; done
# Yibin is reached through a relay that keeps every byte of the link, to look at afterwards.
run yibin init "Yibin Emergency Bureau" --country CN --node yibin-1 --listen "tcp://127.0.0.1:$port_yibin" --advertise "tcp://127.0.0.1:$port_relay"
run zhaotong init "Zhaotong Emergency Bureau" --country CN --node zhaotong-1 --listen "tcp://127.0.0.1:$port_zhaotong"
run luzhou init "Luzhou Red Cross" --country CN --node luzhou-1 --listen "tcp://127.0.0.1:$port_luzhou"

say "2. A space, and two partners who join by card and invite."
run yibin space create "Jinsha flood" --purpose "one picture for the flood of the Jinsha river"
for node in zhaotong luzhou; do
    run "$node" card -O "$root/$node.muster-card"
    run yibin invite "$root/$node.muster-card" --space "Jinsha flood" --right write -O "$root/$node.muster-invite"
    run "$node" join "$root/$node.muster-invite"
done

say "3. Real alerts and stock lists go in at Yibin; malformed files are refused by name and line."
alerts=$(find "$data/cap" -type f \( -name '*.cap' -o -name '*.xml' \) | wc -l)
run yibin import "$data/cap" && fail "two of the alerts are malformed, the import must say so" || status=$?
[ "$status" = 1 ] || fail "the import of alerts ended with $status"
run yibin import "$data/resources/eden-warehouse_stock.csv"
run yibin import "$data/resources/eden-hospital.csv"
run yibin import "$data/resources/eden-org_resource.csv"

say "4. The others have them: every node prints the same digest of object state."
wait_equal 30 yibin zhaotong luzhou
for node in yibin zhaotong luzhou; do run "$node" digest; done
run zhaotong list incident --limit 6
run luzhou list resource --limit 4
incidents=$("$bin/muster" --socket "$root/luzhou/api.sock" --json list incident --limit 100 | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["items"]))')
[ "$incidents" -ge 9 ] || fail "only $incidents incidents arrived; the $alerts files hold 9 different alerts (some are the same alert in several CAP versions)"

say "5. Luzhou's node stops, misses a flash alert and an update, returns and catches up."
kill -TERM "$pid_luzhou"
wait "$pid_luzhou" || fail "musterd of luzhou did not end cleanly"
new=$(run yibin -o id new incident name="Breach of the dike at Hejiang" phase=active category=Geo severity=Extreme --flash)
run yibin update "$new" description="Water enters the old town; evacuation of three streets."
run zhaotong new incident name="Road G247 blocked by a landslide" phase=active category=Transport
wait_equal 20 yibin zhaotong
[ "$(digest luzhou)" = none ] || fail "luzhou's node should be down"
start luzhou
wait_equal 30 yibin zhaotong luzhou
run luzhou show "$new"
run luzhou history "$new"

say "6. A sentence of an alert is searched for in a capture of the link."
sentence="Water enters the old town"
[ "$(wc -c <"$root/link.capture")" -gt 20000 ] || fail "the capture is too small to prove anything"
grep -aq CURVE "$root/link.capture" || fail "the capture does not hold the link's greeting"
if grep -aqF "$sentence" "$root/link.capture"; then fail "the sentence stands in the capture in clear"; fi
arrived=$(run zhaotong --json list incident --limit 100)
grep -qF "$sentence" <<<"$arrived" || fail "the sentence did not arrive at zhaotong"
echo "  $(wc -c <"$root/link.capture") bytes captured; the sentence is at Zhaotong, and nowhere in them."

say "7. What each node says of itself."
run luzhou status

for node in yibin zhaotong luzhou; do
    pid_name=pid_$node
    [ "$node" = luzhou ] && pid=$started || pid=${!pid_name}
    kill -TERM "$pid"
    wait "$pid" || fail "musterd of $node did not end cleanly"
done
say "demo: all of it was checked; three nodes, one state, no server."
