#!/bin/sh
# installed.sh [--systemd] FILE.deb [MIRROR]: installs the package in a minimal Debian system without JDK, compiler and Maven (debootstrap), as
#     root; patches a process there, reverts the patch, removes the package with apt purge, and says what is left: nothing may be.
#     MIRROR is where Debian is fetched from. INSTALLED_BASE is a directory with such a system, of which a copy is used.
# --systemd: boots the system, with systemd as its first process, in namespaces of its own, and shows that the unit of the watcher
#     starts, patches from inside its sandbox what starts later, and is started again after kill -9.
#
# ./mvnw -Pdist package makes the file: examples/target/pulpo_VERSION_amd64.deb.
set -eu
umask 022
booted=
if [ "${1:-}" = --systemd ]; then
    booted=yes
    shift
fi
[ $# -ge 1 ] || {
    echo "usage: installed.sh [--systemd] FILE.deb [MIRROR]" >&2
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
    debootstrap --variant=minbase ${booted:+--include=systemd} bookworm "$system" ${2:+"$2"} >"$work/log" || {
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

cat >"$system/opt/common" <<'EOF'
set -eu
fail() {
    echo "installed.sh: $*" >&2
    exit 1
}
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive
# All files but what dpkg, apt and systemd keep of themselves.
files() {
    find / -xdev \( -path /proc -o -path /opt -o -path /tmp -o -path /var/tmp -o -path /var/lib/dpkg -o -path /var/lib/apt \
        -o -path /var/cache/apt -o -path /var/log -o -path /var/lib/systemd \) -prune -o -print | sort
}
# says TEXT: waits until the last replies of the server say it.
says() {
    for _ in $(seq 1200); do
        if tail -n 1 /opt/server.log 2>/dev/null | grep -q "$1"; then
            return
        fi
        sleep 0.1
    done
    fail "the server does not say $1: $(tail -n 1 /opt/server.log)"
}
accepted() {
    pulpo status | sed -n 's/^patch \([0-9a-f]*\) accepted.*/\1/p'
}
purge() {
    apt-get purge -y -qq pulpo >/opt/apt.log 2>&1 || fail "apt-get purge: $(tail -n 3 /opt/apt.log)"
}
nothing_left() {
    files >/opt/after
    diff /opt/before /opt/after || fail "apt-get purge has left or taken these files"
    ! dpkg-query -W pulpo 2>/dev/null || fail "dpkg still knows the package"
}
EOF

cat >"$system/opt/booted" <<'EOF'
. /opt/common
# Whatever happens, the system ends.
trap 'echo $? >/opt/status; systemctl --no-block exit 0' EXIT
files >/opt/before
apt-get install -y -qq /opt/pulpo.deb >/opt/apt.log 2>&1 || fail "apt-get install: $(tail -n 3 /opt/apt.log)"
unit=pulpo-watch.service
journal() {
    systemctl status --no-pager -n 20 "$unit" || :
}
is() {
    [ "$(systemctl show -P "$1" "$unit")" = "$2" ] || fail "$1 is $(systemctl show -P "$1" "$unit"), not $2: $(journal)"
}
said=$(systemd-analyze verify --man=no "/usr/lib/systemd/system/$unit" 2>&1) && [ -z "$said" ] || fail "systemd-analyze verify: $said"
systemd-analyze security --no-pager "$unit" | tail -n 1
is UnitFileState disabled
is ActiveState inactive
pulpo pack --target /opt/demo/libgreeting.so -o /opt/accepted.so /opt/demo/greeting.so
pulpo accept /opt/accepted.so

# Returns when the watcher has said READY=1.
systemctl enable --now "$unit" || fail "the unit does not start: $(journal)"
is ActiveState active
is StatusText 'watching, by looking'
watcher=$(systemctl show -P MainPID "$unit")
grep -q '^NoNewPrivs:.1' "/proc/$watcher/status" || fail "the watcher is not in its sandbox"
[ "$(readlink "/proc/$watcher/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || fail "the watcher is not in its sandbox"
echo "the watcher is active: $(systemctl show -P StatusText "$unit")"
systemctl start demo
says 'version 2'
rm /opt/server.log
systemctl restart demo
says 'version 2'
echo "a server that starts later is patched, and again after a restart"

kill -KILL "$watcher"
for _ in $(seq 1200); do
    next=$(systemctl show -P MainPID "$unit")
    if [ "$next" != 0 ] && [ "$next" != "$watcher" ] && systemctl -q is-active "$unit"; then
        break
    fi
    sleep 0.1
done
is ActiveState active
is NRestarts 1
tail -n 1 /opt/server.log | grep -q 'version 2' || fail "the server has lost its patch with the watcher"
rm /opt/server.log
systemctl restart demo
says 'version 2'
echo "kill -9: systemd has started the watcher again, and it goes on"
pulpo withdraw "$(accepted)"
says 'version 1'
systemctl stop "$unit"
is ActiveState inactive
is Result success
systemctl start "$unit"
# The package ends the watcher itself.
purge
! systemctl -q is-active "$unit" || fail "the watcher goes on without its package"
systemctl -q is-active demo || fail "the server has ended"
systemctl stop demo
nothing_left
echo "booted, enabled, patched, killed, purged: nothing is left"
EOF

cat >"$system/opt/check" <<'EOF'
. /opt/common
mount -t proc proc /proc
for program in java javac gcc cc mvn; do
    ! command -v "$program" || fail "$program is here, so this system shows nothing"
done
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
pulpo withdraw "$(accepted)"
says 'version 1'
kill "$watcher"
wait "$watcher" || true
pulpo apply -p "$server" --target libgreeting.so --replace greeting=greeting_fixed /opt/demo/fix.so
says 'version 2'

# The patched process goes on without the package.
purge
says 'version 2'
kill -0 "$server" || fail "the server has ended"
kill "$server"
nothing_left
echo "installed, patched, purged: nothing is left"
EOF
if [ -z "$booted" ]; then
    unshare --mount --pid --fork --kill-child -- chroot "$system" /bin/sh /opt/check
    exit
fi

cat >"$system/etc/systemd/system/demo.service" <<EOF
[Service]
ExecStart=/opt/demo/server 2
StandardOutput=append:/opt/server.log
EOF
cat >"$system/etc/systemd/system/check.service" <<EOF
[Unit]
After=multi-user.target
[Service]
ExecStart=/bin/sh /opt/booted
StandardOutput=append:/opt/check.log
StandardError=inherit
EOF
mkdir -p "$system/etc/systemd/system/multi-user.target.wants"
ln -s ../check.service "$system/etc/systemd/system/multi-user.target.wants/check.service"
ln -sf /usr/lib/systemd/system/multi-user.target "$system/etc/systemd/system/default.target"
# A cgroup of its own, in the hierarchy of version 2 (cgroups(7)): there systemd makes those of its units.
group=/sys/fs/cgroup
[ -e "$group/cgroup.procs" ] || group=$group/unified
group=$group/pulpo-installed-$$
mkdir -- "$group"
trap 'rm -rf -- "$work"; find "$group" -depth -type d -exec rmdir {} + || :' EXIT
cat >"$work/boot" <<'EOF'
set -eu
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
for device in null zero full random urandom; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
pivot_root . mnt
umount -l /mnt
# systemd behaves as in a container.
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --log-target=console
EOF
: >"$system/opt/check.log"
sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child -- \
    sh "$work/boot" "$system" >"$work/log" 2>&1 </dev/null || :
cat "$system/opt/check.log"
[ "$(cat "$system/opt/status" 2>/dev/null)" = 0 ] || {
    tail -n 30 "$work/log" >&2
    exit 1
}
