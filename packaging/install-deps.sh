#!/usr/bin/env bash
# Installs what building and testing muster needs, on Debian 12 or later.
#
#   packaging/install-deps.sh              the packages of `make test`
#   packaging/install-deps.sh clang ...    these packages as well
#   packaging/install-deps.sh --list       prints the names and does nothing
#
# Does nothing when all of them are installed.  Asks no question; uses sudo when not root.  Without those of
# tests_only everything is built, and the tests that want them are skipped: their failure is told and stops nothing.
# Nothing of it is started by being installed: tests run servers of their own, on loopback, as another user than root.
set -euo pipefail

packages=(
    build-essential cmake ninja-build pkg-config gettext                      # building
    libzmq3-dev libczmq-dev libsodium-dev liblmdb-dev libmsgpack-dev          # the node
    libmicrohttpd-dev libconfuse-dev libjansson-dev libzstd-dev
    libxml2-dev libcsv-dev libsmartcols-dev libutf8proc-dev libsqlite3-dev libqrencode-dev # the command line
    libcmocka-dev python3 python3-nacl scdoc iproute2                         # tests and the manual page
)
tests_only=(
    postgresql nats-server   # what takes the change feed
    systemd debhelper        # units, and the packages in a clean root
    libxml2-utils gdal-bin   # what reads exported alerts and maps (21 packages with the next line, 9 MB beyond the others)
    mtools dosfstools        # sticks with FAT
)

if [ "${1:-}" = --list ]; then
    printf '%s\n' "${packages[@]}" "${tests_only[@]}"
    exit 0
fi
packages+=("$@")

if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-deps: this is not Debian, so nothing is installed; the build needs what these packages hold:" >&2
    printf '    %s\n' "${packages[@]}" >&2
    exit 0
fi

missing_of() { # prints those of the arguments that are not installed
    local package state
    for package in "$@"; do
        state=$(dpkg -s "$package" 2>/dev/null | sed -n 's/^Status: //p') || true
        [ "$state" = "install ok installed" ] || echo "$package"
    done
}
mapfile -t missing < <(missing_of "${packages[@]}")
mapfile -t missing_tests < <(missing_of "${tests_only[@]}")
[ $((${#missing[@]} + ${#missing_tests[@]})) -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null; then
        as_root=(sudo)
    elif [ ${#missing[@]} -gt 0 ]; then
        echo "install-deps: missing packages, and neither root nor sudo to install them." >&2
        echo "              As root: apt-get install ${missing[*]}" >&2
        exit 1
    else
        echo "install-deps: no root, so some tests will be skipped: ${missing_tests[*]} are not installed" >&2
        exit 0
    fi
fi

# Debian asks this file before it starts a service of a package; one that is there already is left as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    "${as_root[@]}" chmod 0755 "$policy"
fi

apt_install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -q -y --no-install-recommends install "$@"
}

install_packages() { # twice, because mirrors have bad minutes
    echo "install-deps: installing $*"
    apt_install "$@" && return
    echo "install-deps: that failed; trying once more" >&2
    sleep 5
    apt_install "$@"
}

# In one go when it can be; what is missing for the build alone is worth a try of its own.
if [ ${#missing_tests[@]} -gt 0 ]; then
    install_packages "${missing[@]}" "${missing_tests[@]}" && exit 0
    echo "install-deps: some tests will be skipped, unless these can be installed: ${missing_tests[*]}" >&2
fi
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}" || {
    echo "install-deps: these packages could not be installed: ${missing[*]}" >&2
    echo "              apt-get said why, above; mend that, then run this again." >&2
    exit 1
}
