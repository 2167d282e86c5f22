#!/bin/bash
# host.sh NUMBER DIRECTORY: the first process of a host of fleet.sh, in namespaces of its own: an sshd, a server, a load on it.
set -eu
number=$1
work=$2
own=$work/hosts/$number
mount --make-rprivate /
for place in /var/lib /var/cache /run /tmp/host; do
    [ "$place" != /tmp/host ] || place=$own/state
    mount -t tmpfs -o mode=755 host "$place"
done
mkdir /run/sshd
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip link set lo up
ip address add "192.0.2.$number/24" dev eth0
ip link set eth0 up
cat >/run/sshd_config <<EOF
ListenAddress 192.0.2.$number
HostKey $own/host_key
AuthorizedKeysFile $work/key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
StrictModes no
PidFile none
EOF
"$work/server" 7000 &
until (exec 3<>/dev/tcp/127.0.0.1/7000) 2>/dev/null; do sleep 0.05; done
"$work/load" 7000 >"$own/load" &
echo $! >"$own/load.pid"
/usr/sbin/sshd -D -f /run/sshd_config -E "$own/sshd.log" &
: >"$own/started"
wait
