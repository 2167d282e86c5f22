#!/usr/bin/env python3
"""apply.py WORK PULPO [PROGRAM...]: runs programs from the old packages under load, replaces the files on disk as an upgrade does,
runs "pulpo update", and checks that the program does what it does from the new packages; then reverts, and checks that it does
what it did. What that is, programs that are started from either packages say first. Prints a line for each program."""
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import corpus
from judge import limited

# The libraries that serve.py uses, by ctypes, and their packages.
LIBRARIES = {
    'expat': 'libexpat1', 'xml2': 'libxml2', 'crypto': 'libssl3', 'zstd': 'libzstd1', 'brotli': 'libbrotli1',
    'pcre2': 'libpcre2-8-0', 'lzma': 'liblzma5', 'glib': 'libglib2.0-0', 'curl': 'libcurl4', 'event': 'libevent-2.1-7',
    'ssh2': 'libssh2-1', 'ssh': 'libssh-4', 'png': 'libpng16-16', 'gd': 'libgd3', 'archive': 'libarchive13',
    'de265': 'libde265-0', 'pq': 'libpq5', 'raw': 'libraw20', 'ass': 'libass9', 'nss': 'libnss3', 'gpgme': 'libgpgme11',
    'systemd': 'libsystemd0', 'udev': 'libudev1', 'sasl': 'libsasl2-2', 'xslt': 'libxslt1.1', 'aom': 'libaom3', 'c': 'libc6',
    'python': 'python3.11-minimal',
}
# Servers, their packages, and their way to be asked.
SERVERS = {'nginx': 'nginx', 'redis': 'redis-tools', 'memcached': 'memcached', 'rsync': 'rsync'}
PORT = 17390


def tree(work, package, which):
    return os.path.join(work, package, which)


def library_path(root):
    return ':'.join(os.path.join(root, place) for place in ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'))


class Lines:
    """A program that answers lines."""

    def __init__(self, name, root):
        command = ['/usr/bin/python3', os.path.join(corpus.HERE, 'serve.py'), name]
        environment = dict(os.environ, LD_LIBRARY_PATH=library_path(root))
        if name == 'python':
            command[0] = os.path.join(root, 'usr/bin/python3.11')
            environment = dict(os.environ, PYTHONHOME='/usr')
        if name == 'c':
            loader = os.path.join(root, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2')
            command = [loader, '--library-path', library_path(root)] + command
            environment = dict(os.environ)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=environment, start_new_session=True, text=True)
        self.lock = threading.Lock()
        if self.process.stdout.readline() != 'ready\n':
            self.end()
            raise RuntimeError('it does not start here')

    def ask(self):
        with self.lock:
            self.process.stdin.write('?\n')
            self.process.stdin.flush()
            return self.process.stdout.readline()

    def pids(self):
        return [self.process.pid]

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Server:
    """A server on a port."""

    def __init__(self, name, root):
        self.name = name
        self.home = os.path.join(os.getcwd(), 'home')
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        command = getattr(self, name)(root)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, LD_LIBRARY_PATH=library_path(root)), start_new_session=True)
        end = time.time() + 20
        while True:
            try:
                self.ask()
                return
            except OSError:
                if time.time() > end or self.process.poll() is not None:
                    self.end()
                    raise RuntimeError('it does not start here')
                time.sleep(0.1)

    def nginx(self, root):
        with open(os.path.join(self.home, 'nginx.conf'), 'w') as file:
            file.write('daemon off; worker_processes 1; pid %s/pid; error_log %s/errors; user root;\nevents {}\nhttp {\n'
                       'access_log off; server { listen 127.0.0.1:%d; location / { return 200 "$nginx_version $uri"; } } }\n'
                       % (self.home, self.home, PORT))
        return [os.path.join(root, 'usr/sbin/nginx'), '-p', self.home, '-c', os.path.join(self.home, 'nginx.conf')]

    def redis(self, root):
        program = os.path.join(root, 'usr/bin/redis-server')
        if not os.path.exists(program):
            os.link(os.path.join(root, 'usr/bin/redis-check-rdb'), program)
        return [program, '--port', str(PORT), '--save', '', '--dir', self.home]

    def memcached(self, root):
        return [os.path.join(root, 'usr/bin/memcached'), '-u', 'root', '-l', '127.0.0.1', '-p', str(PORT)]

    def rsync(self, root):
        with open(os.path.join(self.home, 'rsyncd.conf'), 'w') as file:
            file.write('port = %d\naddress = 127.0.0.1\nuse chroot = no\n[a]\npath = %s\n' % (PORT, self.home))
        return [os.path.join(root, 'usr/bin/rsync'), '--daemon', '--no-detach', '--config', os.path.join(self.home, 'rsyncd.conf')]

    QUESTIONS = {
        'nginx': b'GET /a%20b/../c HTTP/1.0\r\n\r\n',
        'redis': b'SET k value\r\nAPPEND k 123\r\nGETRANGE k 1 6\r\nSTRLEN k\r\nQUIT\r\n',
        'memcached': b'set k 0 0 5\r\nvalue\r\nget k\r\nversion\r\nquit\r\n',
        'rsync': b'@RSYNCD: 31.0\n#list\n',
    }

    def ask(self):
        with socket.create_connection(('127.0.0.1', PORT), timeout=10) as connection:
            connection.sendall(self.QUESTIONS[self.name])
            answer = b''
            while True:
                got = connection.recv(65536)
                if not got:
                    return '\n'.join(line for line in answer.decode('utf-8', 'replace').splitlines()
                                     if not line.startswith('Date:'))
                answer += got

    def pids(self):
        """The leader and its children, which work."""
        children = subprocess.run(['pgrep', '-P', str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid] + [int(child) for child in children]

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        time.sleep(0.2)


def start(name, root):
    return (Server if name in SERVERS else Lines)(name, root)


def answers(name, root):
    """What it says; None if that differs from one time to the next."""
    program = start(name, root)
    try:
        said = [program.ask() for _ in range(3)]
        return said[0] if len(set(said)) == 1 else None
    finally:
        program.end()


class Load(threading.Thread):
    """Asks all the time; no answer may be missing, or be another one."""

    def __init__(self, program, allowed):
        super().__init__(daemon=True)
        self.program = program
        self.allowed = allowed
        self.wrong = []
        self.count = 0
        self.over = False

    def run(self):
        while not self.over:
            try:
                answer = self.program.ask()
            except OSError as failure:
                answer = repr(failure)
            self.count += 1
            if answer not in self.allowed:
                self.wrong.append(answer[:200])
                if len(self.wrong) > 3:
                    return
            time.sleep(0.002)

    def end(self):
        self.over = True
        self.join()


def upgrade(old, new, live):
    """Replaces the files as a package manager does, by renaming."""
    count = 0
    for before, after in corpus.binaries(old, new, []):
        place = os.path.join(live, os.path.relpath(before, old))
        shutil.copy2(after, place + '.dpkg-new')
        os.rename(place + '.dpkg-new', place)
        if os.path.basename(place) == 'redis-check-rdb':
            os.link(place, place + '.new')
            os.rename(place + '.new', os.path.join(os.path.dirname(place), 'redis-server'))
        count += 1
    return count


def patches(pulpo, pid):
    _, out, _, _, _ = limited([pulpo, 'patches', '-p', str(pid), '--json'], 60)
    return [patch['patch'] for process in json.loads(out)['processes'] for patch in process['patches']]


def attempt(name, work, pulpo):
    package = LIBRARIES.get(name) or SERVERS[name]
    places = corpus.fetch(work, package)
    if not places:
        return 'no two builds', ''
    old, new = places
    live = os.path.join(work, '.live', name)
    shutil.rmtree(live, ignore_errors=True)
    shutil.copytree(old, live, symlinks=True)
    was = answers(name, live)
    program = start(name, live)
    load = None
    try:
        count = upgrade(old, new, live)
        if not count:
            return 'same files', ''
        will_be = answers(name, live)
        if was is None or will_be is None:
            return 'not tried', 'its answers differ from one time to the next'
        load = Load(program, {was, will_be})
        load.start()
        pids = ','.join(map(str, program.pids()))
        status, out, errors, seconds, _ = limited([pulpo, 'update', '-p', pids, '--timeout', '20s', '--json'])
        if status != 0:
            processes = json.loads(out).get('processes', []) if out.strip() else []
            why = '; '.join(reason for process in processes for file in process.get('files', [])
                            for reason in file['reasons'][:2]) + '; '.join(
                refusal['message'] for process in processes for refusal in process.get('refusals', [])[:2])
            load.end()
            harmed = program.process.poll() is not None or load.wrong
            return ('HARMED' if harmed else 'refused'), (why or errors.strip() or str(status))[:400]
        outcomes = [process.get('outcome') for process in json.loads(out)['processes']]
        now = program.ask()
        for pid in program.pids():
            those = patches(pulpo, pid)
            if those:
                status, _, errors, _, _ = limited([pulpo, 'revert', '-p', str(pid), '--timeout', '20s'] + those)
                if status != 0:
                    return 'not reverted', errors.strip()[:300]
        load.end()
        after = program.ask()
        details = '%s; %d answers under load, %s; update %.1f s' % (
            ', '.join(map(str, outcomes)), load.count, 'old and new differ' if was != will_be else 'same in both builds', seconds)
        if program.process.poll() is not None or load.wrong:
            return 'HARMED', details + ' ' + repr(load.wrong)
        if now != will_be or after != was:
            return 'WRONG ANSWER', details + ' ' + repr((was, will_be, now, after))[:600]
        return 'in and out' if 'updated' in outcomes else 'nothing to do', details
    finally:
        if load:
            load.over = True
        program.end()
        shutil.rmtree(live, ignore_errors=True)


def main():
    work, pulpo = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    scratch = os.path.join(work, '.apply')
    os.makedirs(scratch, exist_ok=True)
    os.chdir(scratch)
    verdicts = collections.Counter()
    for name in sys.argv[3:] or list(LIBRARIES) + list(SERVERS):
        try:
            verdict, details = attempt(name, work, pulpo)
        except (RuntimeError, OSError, ValueError) as failure:
            verdict, details = 'not tried', repr(failure)[:200]
        verdicts[verdict] += 1
        print('%-14s %-10s %s' % (verdict, name, details), flush=True)
    print(', '.join('%s %d' % each for each in sorted(verdicts.items())))
    return 1 if any(verdicts[bad] for bad in ('HARMED', 'WRONG ANSWER', 'not reverted')) else 0


if __name__ == '__main__':
    sys.exit(main())
