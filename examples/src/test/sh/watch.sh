#!/bin/bash
# watch.sh [reports|looks]: measures pulpo watch, as root, and checks: from execve to the patch 100 ms at rest (1 s without
#     reports), 1 s for 200 processes at once; less than 0.5 % of a processor where nothing happens beside 100 idle processes; less
#     than 100 MB; no two watchers of one store; a storm of short processes neither ends it nor keeps an honest server from its
#     patch; kills at random instants leave the store and the servers whole, and the next watcher goes on. By the kernel's reports,
#     and without them.
#
# PULPO is the command line (examples/bin/pulpo), IDLE how many seconds nothing happens (60), STORM how many processes the storm has
# (5000), KILLS how often the watcher is killed (40). The part with reports needs the namespaces that the machine booted with, and a
# machine at rest: it says how many processes others have started meanwhile.
set -eu
umask 022
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
if [ "${1:-}" != --inside ]; then
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    sources=$here/../watch
    gcc -O2 -g -Wall -Wextra -Werror -Wl,--build-id=sha1 -shared -fPIC -Wl,-soname,libwatched.so -o "$work/libwatched.so" "$sources/answer.c"
    gcc -O2 -Wall -Wextra -Werror -o "$work/server" "$sources/server.c" -L"$work" -lwatched -Wl,-rpath,"$work"
    gcc -O2 -Wall -Wextra -Werror -o "$work/start" "$sources/start.c"
    gcc -O2 -static -o "$work/nothing" "$sources/nothing.c"
    sed 's/return 1/return 2/' "$sources/answer.c" >"$work/fix.c"
    status=0
    [ $# -gt 0 ] || set -- reports looks
    for how; do
        # Without reports a PID namespace hides what others do.
        own=(unshare --pid --mount-proc --fork --kill-child --)
        [ "$how" = looks ] || own=()
        "${own[@]}" bash "$0" --inside "$work" "$how" || status=1
    done
    exit "$status"
fi
work=$2
how=$3
pulpo=${PULPO:-$here/../../../bin/pulpo}
export PULPO_STORE=$work/store-$how PULPO_CACHE=$work/cache
options=()
[ "$how" = reports ] || options=(--no-reports)
watcher=
failed=0

end() {
    # shellcheck disable=SC2046  # process ids
    kill -KILL $(jobs -p) 2>/dev/null || :
}
trap end EXIT
fail() {
    echo "watch.sh ($how): $*" >&2
    [ ! -s "$work/watch.log" ] || tail -n 20 "$work/watch.log" >&2
    exit 1
}
# judge WHAT VALUE UNIT LIMIT: prints a figure, and notes that it is not below its limit.
judge() {
    local verdict=
    awk -v value="$2" -v limit="$4" 'BEGIN { exit !(value <= limit) }' || {
        failed=1
        verdict=": TOO MUCH"
    }
    echo "$how: $1: $2 $3 (at most $4)$verdict"
}
# until_true WHAT COMMAND...: two minutes say that it never comes.
until_true() {
    local what=$1 end=$((SECONDS + 120))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited too long until $what"
        sleep 0.02
    done
}
watching() {
    kill -0 "$watcher" 2>/dev/null || fail "the watcher has ended"
    grep -q watching "$work/watch.log"
}
watch() {
    : >"$work/watch.log"
    "$pulpo" watch "${options[@]}" 2>"$work/watch.log" &
    watcher=$!
}
lines() {
    [ "$(grep -c "^$1" "$2")" -ge "$3" ]
}
# serve FILE COUNT: starts servers; FILE gets what they print.
serve() {
    : >"$1"
    "$work/start" "$2" "$work/server" >>"$1" &
    starter=$!
}
stop() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || :
}
ticks() {
    awk '{ print $14 + $15 }' "/proc/$watcher/stat"
}
started() {
    awk '/^processes/ { print $2 }' /proc/stat
}
resident() {
    judge "memory $1 (at most so far: $(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$watcher/status") MB)" \
        "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$watcher/status")" MB 100
}

"$pulpo" build --target "$work/libwatched.so" "$work/fix.c" -o "$work/fix.so" >/dev/null
"$pulpo" accept "$work/fix.so" >"$work/accept.log" || grep -q 'not looked at' "$work/accept.log" || fail "accept"
for _ in $(seq 100); do sleep 100000 & done
watch
until_true "it watches" watching
if [ "$how" = reports ] && grep -q 'does not report' "$work/watch.log"; then
    fail "the kernel does not report processes here; these are not the namespaces of the machine"
fi
"$pulpo" watch 2>"$work/other.log" && fail "a second watcher has not been refused"
grep -q 'another watcher' "$work/other.log" || fail "a second watcher has ended with $(cat "$work/other.log")"

# One at a time. The first ones teach the JVM.
latest=0
for i in $(seq 12); do
    serve "$work/servers" 1
    until_true "a server has its patch" lines patched "$work/servers" 1
    took=$(awk '/^patched/ { print int($3 / 1000) }' "$work/servers")
    [ "$i" -le 2 ] || [ "$took" -le "$latest" ] || latest=$took
    stop "$starter"
done
limit=100
[ "$how" = reports ] || limit=1000
judge "from execve to the patch, the latest of 10" "$latest" ms "$limit"

for round in first second; do
    serve "$work/servers" 200
    until_true "200 servers have their patch" lines patched "$work/servers" 200
    took=$(awk '/^patched/ && $3 > most { most = $3 } END { print int(most / 1000) }' "$work/servers")
    middle=$(awk '/^patched/ { print int($3 / 1000) }' "$work/servers" | sort -n | sed -n 100p)
    judge "200 at once, the $round time: the middle one $middle ms, the latest" "$took" ms 1000
    stop "$starter"
done

# Longer than it takes to give memory back.
sleep 15
descriptors=$(find "/proc/$watcher/fd" -type l | wc -l)
threads=$(awk '/^Threads/ { print $2 }' "/proc/$watcher/status")
others=$(started)
before=$(ticks)
sleep "${IDLE:-60}"
used=$(awk -v ticks="$(($(ticks) - before))" -v seconds="${IDLE:-60}" -v clock="$(getconf CLK_TCK)" \
    'BEGIN { printf "%.2f", 100 * ticks / clock / seconds }')
judge "nothing happens for ${IDLE:-60} s (processes started on the machine: $(($(started) - others))), processor" "$used" % 0.5
resident "after that"

# Every other process of the storm is one that a patch is for, and ends before or while it gets it.
begun=$SECONDS
"$work/start" --storm "${STORM:-5000}" 20 "$work/nothing" "$work/server" &
storm=$!
sleep 1
serve "$work/servers" 1
until_true "a server has its patch in the storm" lines patched "$work/servers" 1
took=$(awk '/^patched/ { print int($3 / 1000) }' "$work/servers")
in=after
! kill -0 "$storm" 2>/dev/null || in=in
wait "$storm" || fail "a process of the storm has not ended as it should"
stop "$starter"
echo "$how: a server gets its patch $took ms after its execve, $in a storm of ${STORM:-5000} processes that took $((SECONDS - begun)) s"
watching || fail "the watcher does not watch any more"
# What the storm took is given back: workers end when their work does.
settled() {
    [ "$(find "/proc/$watcher/fd" -type l | wc -l)" -le $((descriptors + 4)) ] \
        && [ "$(awk '/^Threads/ { print $2 }' "/proc/$watcher/status")" -le $((threads + 8)) ]
}
until_true "the watcher has its $descriptors files and $threads threads again" settled
sleep 15
resident "after the storm"
stop "$watcher"

# Killed while it starts, while it patches, and while it writes into the store because a server has crashed.
for i in $(seq "${KILLS:-40}"); do
    watch
    serve "$work/servers" 3
    if [ $((i % 4)) != 0 ]; then
        until_true "it watches" watching
        stop "$starter"
        serve "$work/servers" 3
    fi
    if [ $((i % 4)) = 1 ]; then
        until_true "3 servers have their patch" lines patched "$work/servers" 3
        kill -SEGV "$(awk '/^patched/ { print $2; exit }' "$work/servers")"
    fi
    sleep "0.$(printf %03d $((RANDOM % 250)))"
    kill -KILL "$watcher"
    wait "$watcher" 2>/dev/null || :
    stands=0
    "$pulpo" status >"$work/status" 2>&1 || stands=$?
    [ "$stands" != 2 ] && grep -q '^drift: ' "$work/status" || fail "after kill $i the store is not whole: $(cat "$work/status")"
    living=3
    [ $((i % 4)) != 1 ] || living=2
    servers=$(cat "/proc/$starter/task/$starter/children")
    asked=0
    for server in $servers; do
        [ "$(awk '{ print $3 }' "/proc/$server/stat")" != Z ] || continue
        kill -USR1 "$server"
        asked=$((asked + 1))
    done
    [ "$asked" = "$living" ] || fail "after kill $i only $asked of $living servers are there"
    until_true "they answer after kill $i" lines answer "$work/servers" "$living"
    ! grep '^answer' "$work/servers" | grep -qv ' [12]$' || fail "after kill $i a server answers what it should not"
    "$pulpo" restore >"$work/restore" 2>&1 || grep -q 'not looked at' "$work/restore" || fail "restore after kill $i: $(cat "$work/restore")"
    grep -q '^patch .* accepted' "$work/status" || "$pulpo" accept "$work/fix.so" >"$work/accept.log" || grep -q 'not looked at' "$work/accept.log"
    until_true "the servers have their patch after kill $i" lines patched "$work/servers" "$living"
    stop "$starter"
done
watch
until_true "it watches" watching
serve "$work/servers" 1
until_true "a server has its patch" lines patched "$work/servers" 1
echo "$how: ${KILLS:-40} kills: store and servers are whole, and the next one goes on"
exit "$failed"
