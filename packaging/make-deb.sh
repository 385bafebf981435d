#!/bin/sh
# make-deb.sh OUT: builds the Debian packages from the files that git knows into OUT, and looks at them with lintian.
set -eu

out=${1:?usage: packaging/make-deb.sh OUT}
source=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^project(muster VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")
packaged=$(sed -n '1s/.*(\([^)-]*\).*/\1/p' "$source/debian/changelog")
if [ "$version" != "$packaged" ]; then
    echo "make-deb: CMakeLists.txt says $version, debian/changelog $packaged: write an entry (dch -v $version)" >&2
    exit 1
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
tree=$out/muster-$version
rm -rf "$tree" "$out"/*.deb "$out"/*.buildinfo "$out"/*.changes
mkdir "$tree"
(cd "$source" && git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read) | tar -x -C "$tree"
cd "$tree"
DEB_BUILD_OPTIONS="parallel=${JOBS:-$(nproc)} ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc >"$out/build.log" 2>&1 || {
    tail -n 40 "$out/build.log" >&2
    echo "make-deb: the build did not succeed; all of it is in $out/build.log" >&2
    exit 1
}
cd "$out"
rm -rf "$tree"
lintian --fail-on error ./*.changes
ls "$out"/*.deb
