#!/usr/bin/env python3
"""Fetches the packages of the corpus: of each two builds, unpacked."""
import fnmatch
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command, timeout=300, **more):
    return subprocess.run(command, capture_output=True, timeout=timeout, **more)


def packages():
    """The lines of packages.txt: a package and its patterns."""
    with open(os.path.join(HERE, 'packages.txt')) as lines:
        for line in lines:
            words = line.split('#')[0].split()
            if words:
                yield words[0], words[1:]


def newer(one, other):
    return run('dpkg', '--compare-versions', one, 'gt', other).returncode == 0


def versions(package):
    """The two newest versions that the archive has; fewer if it has fewer."""
    listed = run('apt-cache', 'madison', package).stdout.decode()
    found = []
    for line in listed.splitlines():
        fields = [field.strip() for field in line.split('|')]
        if len(fields) == 3 and 'Sources' not in fields[2] and fields[1] not in found:
            at = 0
            while at < len(found) and newer(found[at], fields[1]):
                at += 1
            found.insert(at, fields[1])
    return found[:2][::-1]


def fetch(work, package):
    """Directories with the old and the new build unpacked; None if there are not two."""
    both = versions(package)
    if len(both) < 2:
        return None
    places = []
    for which, version in zip(('old', 'new'), both):
        place = os.path.join(work, package, which)
        done = os.path.join(place, '.version')
        if not os.path.exists(done):
            os.makedirs(place, exist_ok=True)
            got = run('apt-get', 'download', '%s=%s' % (package, version), cwd=place)
            archives = [name for name in os.listdir(place) if name.endswith('.deb')]
            if got.returncode or not archives:
                sys.stderr.write('%s %s: %s\n' % (package, version, got.stderr.decode(errors='replace').strip()))
                return None
            run('dpkg-deb', '-x', os.path.join(place, archives[0]), place)
            os.unlink(os.path.join(place, archives[0]))
            with open(done, 'w') as note:
                note.write(version)
        places.append(place)
    return places


def has_code(path):
    """Whether it is a shared object or a program for x86-64."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, 'rb') as file:
        head = file.read(20)
    return head[:5] == b'\x7fELF\x02' and head[16] in (2, 3) and head[18] == 62


def binaries(old, new, patterns):
    """Pairs of files that both builds have. A library's file may have another version in its name."""
    for directory, _, names in os.walk(old):
        for name in sorted(names):
            path = os.path.join(directory, name)
            if not has_code(path) or patterns and not any(fnmatch.fnmatch(name, each) for each in patterns):
                continue
            there = os.path.join(new, os.path.relpath(path, old))
            if not os.path.exists(there) and '.so.' in name:
                stem = name[:name.index('.so.') + 4]
                around = os.path.dirname(there)
                others = [each for each in (os.listdir(around) if os.path.isdir(around) else [])
                          if each.startswith(stem) and has_code(os.path.join(around, each))]
                there = os.path.join(around, others[0]) if len(others) == 1 else there
            if has_code(there):
                with open(path, 'rb') as a, open(there, 'rb') as b:
                    if a.read() != b.read():
                        yield path, there


if __name__ == '__main__':
    for package, patterns in packages():
        places = fetch(sys.argv[1], package)
        print(package, len(list(binaries(*places, patterns))) if places else 'not two builds', flush=True)
