#!/bin/sh
# installed.sh FILE.deb [MIRROR]: installs the package in a minimal Debian system without JDK, compiler and Maven (debootstrap), as
#     root; patches a process there, reverts the patch, removes the package with apt purge, and says what is left: nothing may be.
#     MIRROR is where Debian is fetched from. INSTALLED_BASE is a directory with such a system, of which a copy is used.
#
# ./mvnw -Pdist package makes the file: examples/target/pulpo_VERSION_amd64.deb.
set -eu
umask 022
[ $# -ge 1 ] || {
    echo "usage: installed.sh FILE.deb [MIRROR]" >&2
    exit 2
}
deb=$(readlink -f -- "$1")
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
work=$(mktemp -d)
system=$work/system

# Its processes are in a PID namespace, and end with the first of them; its mounts, in a mount namespace, vanish as well.
trap 'rm -rf -- "$work"' EXIT
if [ -n "${INSTALLED_BASE:-}" ]; then
    cp -a -- "$INSTALLED_BASE" "$system"
else
    debootstrap --variant=minbase bookworm "$system" ${2:+"$2"} >"$work/log" || {
        tail -n 5 "$work/log" >&2
        exit 1
    }
fi
"$here/../../../demo/build.sh" "$system/opt/demo" >/dev/null
# The libraries are found beside the server.
demo() {
    gcc -O2 -g "$@"
}
demo -o "$system/opt/demo/server" "$here/../../../demo/server.c" -L"$system/opt/demo" -lgreeting -Wl,-rpath,/opt/demo -pthread
# The same patch, under the name of what it replaces.
demo -shared -fPIC -Wl,--build-id=sha1 -Dgreeting_fixed=greeting -o "$system/opt/demo/greeting.so" "$here/../../../demo/fix.c"
cp -- "$deb" "$system/opt/pulpo.deb"

cat >"$system/opt/check" <<'EOF'
set -eu
fail() {
    echo "installed.sh: $*" >&2
    exit 1
}
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive
mount -t proc proc /proc
for program in java javac gcc cc mvn; do
    ! command -v "$program" || fail "$program is here, so this system shows nothing"
done
# All files but what dpkg and apt keep of themselves.
files() {
    find / -xdev \( -path /proc -o -path /opt -o -path /tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache/apt \
        -o -path /var/log \) -prune -o -print | sort
}
files >/opt/before

apt-get install -y -qq /opt/pulpo.deb >/opt/apt.log 2>&1 || fail "apt-get install: $(tail -n 3 /opt/apt.log)"
pulpo --version
ulp --version
# The archive fits: with this option the JVM would end otherwise.
JAVA_TOOL_OPTIONS=-XX:AOTMode=on pulpo --version 2>/dev/null | grep -q '^pulpo ' || fail "the AOT cache does not fit"
for file in /usr/include/pulpo.h /usr/lib/pulpo/lib/libpulpo.so /usr/share/man/man1/pulpo-apply.1.gz \
    /usr/share/bash-completion/completions/pulpo /usr/share/doc/pulpo/copyright; do
    [ -s "$file" ] || fail "$file is missing"
done

# says TEXT: waits until the last replies of the server say it.
says() {
    for _ in $(seq 300); do
        if tail -n 1 /opt/server.log 2>/dev/null | grep -q "$1"; then
            return
        fi
        sleep 0.1
    done
    fail "the server does not say $1: $(tail -n 1 /opt/server.log)"
}
/opt/demo/server 2 >/opt/server.log 2>&1 &
server=$!
says 'version 1'
pulpo apply -p "$server" --target libgreeting.so --replace greeting=greeting_fixed /opt/demo/fix.so
says 'version 2'
pulpo patches -p "$server"
pulpo revert -p "$server" /opt/demo/fix.so
says 'version 1'

# With the installed stub preloaded.
kill "$server"
wait "$server" || true
LD_PRELOAD=/usr/lib/pulpo/lib/libpulpo.so /opt/demo/server 2 >/opt/server.log 2>&1 &
server=$!
says 'version 1'
pulpo apply -p "$server" --target libgreeting.so --replace greeting=greeting_fixed /opt/demo/fix.so
says 'version 2'

kill "$server"
wait "$server" || true

# A patch that is accepted reaches what starts later.
pulpo pack --target /opt/demo/libgreeting.so -o /opt/accepted.so /opt/demo/greeting.so
pulpo accept /opt/accepted.so
pulpo watch 2>/opt/watch.log &
watcher=$!
until grep -q watching /opt/watch.log; do
    kill -0 "$watcher" || fail "the watcher has ended: $(cat /opt/watch.log)"
    sleep 0.1
done
for _ in 1 2; do
    /opt/demo/server 2 >/opt/server.log 2>&1 &
    server=$!
    says 'version 2'
    pulpo status
    kill "$server"
    wait "$server" || true
done
/opt/demo/server 2 >/opt/server.log 2>&1 &
server=$!
says 'version 2'
pulpo withdraw "$(pulpo status | sed -n 's/^patch \([0-9a-f]*\) accepted.*/\1/p')"
says 'version 1'
kill "$watcher"
wait "$watcher" || true
pulpo apply -p "$server" --target libgreeting.so --replace greeting=greeting_fixed /opt/demo/fix.so
says 'version 2'

# The patched process goes on without the package.
apt-get purge -y -qq pulpo >/opt/apt.log 2>&1 || fail "apt-get purge: $(tail -n 3 /opt/apt.log)"
says 'version 2'
kill -0 "$server" || fail "the server has ended"
kill "$server"
files >/opt/after
diff /opt/before /opt/after || fail "apt-get purge has left or taken these files"
! dpkg-query -W pulpo 2>/dev/null || fail "dpkg still knows the package"
echo "installed, patched, purged: nothing is left"
EOF
unshare --mount --pid --fork --kill-child -- chroot "$system" /bin/sh /opt/check
