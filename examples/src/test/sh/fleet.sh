#!/bin/bash
# fleet.sh [HOSTS]: rolls patches out over hosts (20) with Ansible, as root: each has network, PID and mount namespaces of its own,
#     an sshd, and a server under load. Shows that a fleet gets a patch; that a canary that fails, or a host that fails later, puts
#     everything back; that a host that vanishes and a tool that is killed leave nothing that a second run does not mend; and that
#     a run with nothing to do changes nothing.
#
# PULPO is the command line (/usr/bin/pulpo), FORKS how many hosts Ansible works on at once (4). Debian: apt install ansible-core
# openssh-server iproute2 gcc.
set -eu
umask 022
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
if [ "${1:-}" != --inside ]; then
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    # What is started here, namespaces and bridge too, ends with the first process of these namespaces.
    PATH=$PATH:/usr/sbin:/sbin unshare --net --pid --mount --fork --kill-child --mount-proc -- bash "$0" --inside "$work" "${1:-20}"
    exit
fi
work=$2
hosts=$3
pulpo=${PULPO:-/usr/bin/pulpo}
forks=${FORKS:-4}
fleet=$here/../fleet
patch=$work/fix.so
[ "$hosts" -ge 6 ] && [ "$hosts" -le 200 ]

# What time prints: seconds of the processor.
TIMEFORMAT='%U + %S'

fail() {
    echo "fleet.sh: $*" >&2
    [ ! -s "$work/log" ] || tail -n 60 "$work/log" >&2
    exit 1
}

# The programs and the patches.
compile() {
    gcc -O2 -g -Wall -Wextra -Werror -Wl,--build-id=sha1 "$@"
}
compile -shared -fPIC -Wl,-soname,libversion.so -o "$work/libversion.so" "$fleet/version.c"
compile -o "$work/server" "$fleet/server.c" -L"$work" -lversion -Wl,-rpath,"$work"
compile -o "$work/load" "$fleet/load.c"
for name in fix broken; do
    { [ "$name" = fix ] && echo '#define VERSION "version 2"' || echo '#define VERSION "broken"'; cat "$fleet/version.c"; } >"$work/$name.c"
    "$pulpo" build --target "$work/libversion.so" -o "$work/$name.so" "$work/$name.c" >"$work/log" 2>&1 || fail "pulpo build"
done
cat >"$work/healthy" <<EOF
#!/bin/bash
# Fails where the server does not answer as one of the known versions, or something else on the host is wrong.
[ ! -e "\$1/ill" ] && exec 3<>/dev/tcp/127.0.0.1/7000 && read -r line <&3 && [[ \$line == version* ]]
EOF
chmod 755 "$work/healthy"

# The network and the hosts.
ip link set lo up
ip link add fleet type bridge
ip address add 192.0.2.254/24 dev fleet
ip link set fleet up
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
: >"$work/known_hosts"
echo '[all]' >"$work/inventory"
for ((i = 1; i <= hosts; i++)); do
    mkdir -p "$work/hosts/$i/state"
    ssh-keygen -q -t ed25519 -N '' -f "$work/hosts/$i/host_key"
    echo "192.0.2.$i $(cut -d' ' -f1,2 "$work/hosts/$i/host_key.pub")" >>"$work/known_hosts"
    echo "host$i ansible_host=192.0.2.$i state=$work/hosts/$i/state" >>"$work/inventory"
    unshare --net --pid --mount --fork --kill-child --mount-proc -- bash "$fleet/host.sh" "$i" "$work" >"$work/hosts/$i/log" 2>&1 &
    outer[i]=$!
    while [ "$(readlink "/proc/${outer[i]}/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
    ip link add "h$i" type veth peer name eth0 netns "${outer[i]}" || fail "host $i has ended: $(cat "$work/hosts/$i/log")"
    ip link set "h$i" master fleet up
done
cat >>"$work/inventory" <<EOF
[all:vars]
ansible_user=root
ansible_ssh_private_key_file=$work/key
ansible_python_interpreter=/usr/bin/python3
ansible_remote_tmp=/run/ansible
pulpo_executable=$pulpo
EOF
mkdir -p "$work/collections/ansible_collections/pulpo"
ln -s "$here/../../../ansible" "$work/collections/ansible_collections/pulpo/live"
cat >"$work/ansible.cfg" <<EOF
[defaults]
inventory = $work/inventory
collections_path = $work/collections
local_tmp = $work/local
forks = $forks
nocolor = true
timeout = 60
[ssh_connection]
pipelining = true
control_path_dir = $work/cp
ssh_args = -o UserKnownHostsFile=$work/known_hosts -o ControlMaster=auto -o ControlPersist=120s -o ServerAliveInterval=10 -o ServerAliveCountMax=6
EOF
export ANSIBLE_CONFIG=$work/ansible.cfg ANSIBLE_HOME=$work/ansible LC_ALL=C.UTF-8

# The first process of a host, as a pid here.
init() {
    cat "/proc/${outer[$1]}/task/${outer[$1]}/children" | tr -d ' '
}
# inside HOST PATH: a path of the host.
inside() {
    echo "/proc/$(init "$1")/root$2"
}
for ((i = 1; i <= hosts; i++)); do
    for _ in $(seq 3000); do [ -e "$work/hosts/$i/started" ] && break; sleep 0.1; done
    [ -e "$work/hosts/$i/started" ] || fail "host $i does not start: $(cat "$work/hosts/$i/log")"
done

# answer HOST: what the server of a host says.
answer() {
    (exec 3<>"/dev/tcp/192.0.2.$1/7000" && read -r -t 60 line <&3 && echo "$line") 2>/dev/null || echo none
}
# all_say ANSWER [EXCEPT]: all servers, but that of one host, say so.
all_say() {
    local i said
    for ((i = 1; i <= hosts; i++)); do
        [ "$i" != "${2:-0}" ] || continue
        said=$(answer "$i")
        [ "$said" = "$1" ] || fail "host $i says '$said' and not '$1'"
    done
}
# play STATUS NAME ARGUMENTS...: runs a playbook, which must end so: 0, or 2 for hosts that have failed.
play() {
    local wanted=$1 name=$2 status=0 begun=$SECONDS
    shift 2
    { time timeout 3600 ansible-playbook "pulpo.live.$name" "$@" >"$work/log" 2>&1 </dev/null; } 2>"$work/time" || status=$?
    [ "$status" = "$wanted" ] || fail "ansible-playbook ended with $status and not $wanted"
    took="$((SECONDS - begun)) s, of which the controller computed $(tail -n 1 "$work/time") s"
}
roll_out() {
    local wanted=$1
    shift
    play "$wanted" roll_out -e "{\"pulpo_health\": [\"$work/healthy\", \"{{ state }}\"], \"pulpo_health_delay\": 1,
        \"pulpo_batches\": [1, 2, \"100%\"], \"pulpo_patch_file\": \"$patch\"}" "$@"
}
# unchanged: the last run has changed no host.
unchanged() {
    [ "$(grep -c 'changed=0 .*unreachable=0 ' "$work/log")" = "$hosts" ] || fail "a run with nothing to do has changed something"
}
# until_true SECONDS COMMAND...
until_true() {
    local tries=$(($1 * 20))
    shift
    while ! "$@"; do
        [ $((tries -= 1)) -gt 0 ] || fail "waited too long for: $*"
        sleep 0.05
    done
}
says() {
    [ "$(answer "$1")" = "$2" ]
}
answers() {
    [ "$(answer "$1")" != none ]
}
noted() {
    [ -e "$(inside "$1" /var/lib/pulpo-rollout/fix.so.unfinished)" ]
}
told() {
    echo "[$SECONDS s] $*"
}

for ((i = 1; i <= hosts; i++)); do until_true 300 says "$i" 'version 1'; done
told "$hosts hosts are up, and answer: version 1"

roll_out 0 --check --diff
grep -q '^+process .* active' "$work/log" || fail "--diff shows no process"
all_say 'version 1'
[ ! -e "$(inside 1 /var/lib/pulpo)" ] || fail "check mode has made a store"
told "check mode: the diff names the processes, and nothing has changed ($took)"

patch=$work/broken.so
roll_out 2
grep -q 'changed=[1-9].*rescued=[1-9]' "$work/log" || fail "the canary has not been changed and rescued"
all_say 'version 1'
[ -e "$(inside 1 /var/lib/pulpo)" ] && [ ! -e "$(inside 2 /var/lib/pulpo)" ] || fail "more than the canary was touched"
told "a canary fails its health check: it is put back, the others were not touched ($took)"

patch=$work/fix.so
last=$hosts
touch "$(inside "$last" "$work/hosts/$last/state")/ill"
(until [ "$(answer 2)" = 'version 2' ]; do sleep 0.2; done; : >"$work/seen") &
roll_out 2
[ -e "$work/seen" ] || fail "no host got the patch before the failure"
all_say 'version 1'
rm "$(inside "$last" "$work/hosts/$last/state")/ill"
told "host $last fails after others have the patch: all are put back ($took)"

# The controller's tool is killed, with all that it has started, when it is in the midst of the last batch.
setsid ansible-playbook pulpo.live.roll_out -e "{\"pulpo_patch_file\": \"$patch\", \"pulpo_batches\": [1, 2, \"100%\"]}" >"$work/log" 2>&1 </dev/null &
tool=$!
until_true 1800 noted 4
kill -KILL -- "-$tool"
wait "$tool" 2>/dev/null || :
said=$(for ((i = 1; i <= hosts; i++)); do answer "$i"; done | sort | uniq -c | xargs)
[ "$(answer 1)" = 'version 2' ] && [ "$(answer "$last")" = 'version 1' ] || fail "the tool was not killed midway: $said"
told "ansible-playbook is killed midway: $said"

# It is run again. Meanwhile a host vanishes, and on another one pulpo is killed. Two may fail.
gone=$((hosts - 1))
kill_pulpo() {
    local process line space
    until [ -n "$(compgen -G "$(inside "$last" /var/lib/pulpo)/*/state")" ] && grep -q '^state=accepted' "$(inside "$last" /var/lib/pulpo)"/*/state; do sleep 0.02; done
    space=$(readlink "/proc/$(init "$last")/ns/pid")
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/ns/pid" 2>/dev/null)" = "$space" ] && line=$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) \
            && [[ $line == *java*' accept '* && $line != *--dry-run* ]]; then
            kill -KILL "${process#/proc/}" && : >"$work/killed"
        fi
    done
}
kill_pulpo &
(until noted "$gone"; do sleep 0.02; done; ip link set "h$gone" down; : >"$work/vanished") &
roll_out 2 -e pulpo_allowed_failures="$((200 / hosts + 1))"
[ -e "$work/killed" ] || fail "pulpo was not killed"
[ -e "$work/vanished" ] || fail "no host has vanished"
for ((i = 1; i < gone; i++)); do [ "$(answer "$i")" = 'version 2' ] || fail "host $i has no patch"; done
[ "$(answer "$last")" = 'version 1' ] || fail "the host where pulpo was killed keeps the patch"
ip link set "h$gone" up
until_true 300 answers "$gone"
told "run again; host $gone vanishes, and pulpo is killed on host $last, which is put back; the others have the patch ($took)"

roll_out 0
all_say 'version 2'
told "run again, with all hosts: all answer: version 2 ($took)"
roll_out 0
unchanged
all_say 'version 2'
told "run again: nothing changes ($took)"

id=$(sed -n 's/^id=//p' "$(inside 1 /var/lib/pulpo)"/*/state | sort -u | while read -r each; do
    grep -l "^state=accepted" "$(inside 1 /var/lib/pulpo)"/*"$each"/state >/dev/null 2>&1 && echo "$each"
done)
play 0 take_back -e pulpo_patch_id="$id"
all_say 'version 1'
told "taken back everywhere ($took)"
play 0 take_back -e pulpo_patch_id="$id"
unchanged
told "taken back again: nothing changes ($took)"

# What one host costs, without Ansible.
in_host() {
    nsenter --target "$(init 1)" --net --pid --mount -- "$@" >"$work/log" 2>&1 || fail "$*"
}
clock() {
    local begun=${EPOCHREALTIME/./}
    { time in_host "$@"; } 2>"$work/time"
    echo "$(((${EPOCHREALTIME/./} - begun) / 1000)) ms (processor $(tail -n 1 "$work/time") s)"
}
told "one host: accept --dry-run $(clock "$pulpo" accept --dry-run "$patch"), accept $(clock "$pulpo" accept "$patch"), status" \
    "$(clock "$pulpo" status), withdraw $(clock "$pulpo" withdraw "$id")"

asked=0
for ((i = 1; i <= hosts; i++)); do
    nsenter --target "$(init "$i")" --pid --mount -- kill -TERM "$(cat "$work/hosts/$i/load.pid")"
    until_true 300 test -s "$work/hosts/$i/load"
    read -r one lost <"$work/hosts/$i/load"
    [ "$lost" = 0 ] && [ "$one" -gt 100 ] || fail "host $i: $lost of $one requests got no whole answer"
    asked=$((asked + one))
done
told "$asked requests, all answered"
