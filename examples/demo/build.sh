#!/bin/sh
# Builds the demo server, its prepared library and a patch for it into a directory:
#     build.sh DIRECTORY
set -eu
# Processes load what is made here: others may not change it, whatever the umask.
umask go-w

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p -- "$1"
out=$(CDPATH='' cd -- "$1" && pwd)

command -v gcc >/dev/null 2>&1 || {
    echo "pulpo: gcc is needed to build the demo and is not on the PATH; on Debian: apt install gcc libc6-dev" >&2
    exit 1
}

options="-O2 -g -Wall -Wextra -Werror -Wl,--build-id=sha1"
# 16 nops, 14 of them in front of the entry: room for a far jump that a two-byte jump at the entry leads to.
gcc $options -shared -fPIC -fpatchable-function-entry=16,14 -Wl,-soname,libgreeting.so \
    -o "$out/libgreeting.so" "$here/greeting.c"
gcc $options -o "$out/server" "$here/server.c" -L"$out" -lgreeting -Wl,-rpath,"$out" -pthread
gcc $options -shared -fPIC -o "$out/fix.so" "$here/fix.c"
gcc $options -o "$out/threads" "$here/threads.c" -L"$out" -lgreeting -Wl,-rpath,"$out" -pthread
gcc $options -o "$out/floor" "$here/floor.c"
gcc $options -o "$out/jumps" "$here/jumps.c"
gcc $options -o "$out/host" "$here/host.c" -ldl
cp -- "$here/generated.h" "$out/generated.h"
gcc $options -shared -fPIC -Wl,-soname,libmany.so -o "$out/libmany.so" "$here/many.c"
gcc $options -o "$out/calls" "$here/calls.c" -L"$out" -lmany -Wl,-rpath,"$out"
gcc $options -shared -fPIC -o "$out/many_fix.so" "$here/many_fix.c"
