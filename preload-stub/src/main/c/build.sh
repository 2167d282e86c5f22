#!/bin/sh
# build.sh OUTPUT: builds libpulpo.so, and libpulpo-thread.so beside it. The same sources and compiler give the same bytes, wherever they lie.
set -eu
# Processes load these files, so no other user may change them, whatever the umask.
umask go-w
output=$1
CDPATH='' cd -- "$(dirname -- "$0")" >/dev/null

command -v gcc >/dev/null 2>&1 || {
    echo "gcc is needed to build Pulpo's stub and is not on the PATH; on Debian: apt install gcc libc6-dev" >&2
    exit 1
}
mkdir -p "$(dirname "$output")"
build() {
    name=$1
    shift
    gcc -shared -fPIC -std=gnu11 -O2 -g0 -fvisibility=hidden -fcf-protection=full -fno-stack-protector \
        -Wall -Wextra -Werror "-ffile-prefix-map=$PWD=." \
        "-Wl,--build-id=sha1,-soname,$name,-z,now,-z,relro,-z,noexecstack,-z,defs,-z,ibt,-z,shstk" \
        -o "$(dirname "$output")/$name" "$@"
}
build libpulpo.so pulpo_stub.c pulpo_cancel.c pulpo_disable.c pulpo_shadow.c pulpo_call.S pulpo_tls.S
build libpulpo-thread.so pulpo_thread.c
