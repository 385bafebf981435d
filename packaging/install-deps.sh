#!/usr/bin/env bash
# Installs what building and testing muster needs, on Debian 12 or later.
#
#   packaging/install-deps.sh              the packages of `make test`
#   packaging/install-deps.sh clang ...    these packages as well
#   packaging/install-deps.sh --list       prints the names and does nothing
#
# Does nothing when all of them are installed.  Asks no question; uses sudo when not root.
set -euo pipefail

packages=(
    build-essential cmake ninja-build pkg-config                              # building
    libzmq3-dev libczmq-dev libsodium-dev liblmdb-dev libmsgpack-dev          # the node
    libmicrohttpd-dev libconfuse-dev libjansson-dev libzstd-dev
    libxml2-dev libcsv-dev libsmartcols-dev libutf8proc-dev libsqlite3-dev libqrencode-dev # the command line
    libcmocka-dev python3 python3-nacl scdoc iproute2                         # tests and the manual page
)

if [ "${1:-}" = --list ]; then
    printf '%s\n' "${packages[@]}"
    exit 0
fi
packages+=("$@")

if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-deps: this is not Debian, so nothing is installed; the build needs what these packages hold:" >&2
    printf '    %s\n' "${packages[@]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg -s "$package" 2>/dev/null | sed -n 's/^Status: //p') || true
    [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install-deps: missing packages, and neither root nor sudo to install them." >&2
        echo "              As root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

install_missing() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -q -y --no-install-recommends install "${missing[@]}"
}

echo "install-deps: installing ${missing[*]}"
if ! install_missing; then
    echo "install-deps: that failed; trying once more" >&2
    sleep 5
    if ! install_missing; then
        echo "install-deps: these packages could not be installed: ${missing[*]}" >&2
        echo "              apt-get said why, above; mend that, then run this again." >&2
        exit 1
    fi
fi
