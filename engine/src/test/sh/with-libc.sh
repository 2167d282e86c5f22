#!/bin/sh
# with-libc.sh SUITE TEST[,TEST...]: runs tests of the engine with victims that use the C library of another Debian suite,
# such as trixie (2.41) or sid. It is fetched with apt and unpacked under the module's target directory; nothing is installed.
# Programs that are compiled here run with the C library that they were compiled for, or a newer one.
set -eu
[ $# -eq 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
suite=$1 tests=$2
engine=$(cd "$(dirname "$0")/../../.." && pwd)
libc=$engine/target/libc-$suite
keys=/usr/share/keyrings/debian-archive-keyring.gpg

for needed in apt-get dpkg-deb; do
    command -v $needed >/dev/null || { echo "skipped: there is no $needed to fetch another C library with" >&2; exit 0; }
done
if [ ! -e "$libc/libc.so.6" ]; then
    work=$engine/target/apt-$suite
    mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$libc"
    # Where this system has its packages from.
    site=$(apt-get indextargets --format '$(SITE)' | head -n 1)
    echo "deb [signed-by=$keys] $site $suite main" > "$work/sources.list"
    options="-qq -o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State=$work/state -o Dir::State::status=/dev/null -o Dir::Cache=$work/cache"
    if ! (cd "$work" && apt-get $options update && apt-get $options download libc6 libgcc-s1 libstdc++6); then
        echo "skipped: the C library of $suite cannot be fetched" >&2
        exit 0
    fi
    for package in "$work"/*.deb; do
        dpkg-deb -x "$package" "$work/root"
    done
    find "$work/root" -path '*x86_64-linux-gnu/*.so*' ! -path '*/*-linux-gnu/*/*' -exec cp -a {} "$libc" \;
    rm -rf "$work"
fi
"$libc/ld-linux-x86-64.so.2" --version | head -n 1
cd "$engine/.."
PULPO_LIBC=$libc exec ./mvnw -q -B -o -pl engine -am test "-Dtest=$tests"
