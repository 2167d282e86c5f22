#!/usr/bin/env python3
"""pairs.py WORK PULPO [PAIRS [SEED]]: makes random libraries, each in two builds of which one function differs, by gcc or clang, with
any optimisation, stripped or not, and judges what "pulpo diff" says of them as judge.py does. Prints a line for each pair whose
verdict is not "container", and a summary; the seed makes the same pairs again. The sources of a wrong one stay in WORK/.pairs.
pairs.py --make DIRECTORY PAIRS SEED: only makes them; prints a line for each: its number, compiler and options."""
import collections
import json
import os
import random
import shutil
import subprocess
import sys

import corpus
import judge

TYPES = ['int', 'long', 'unsigned', 'unsigned char', 'short', 'unsigned long']
OPERATORS = ['+', '-', '*', '^', '&', '|']


class Library:
    """The source of a library. A function calls some that stand above it, and uses variables, tables and texts."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.count = self.random.randint(6, 30)
        self.head = ['#include <stdlib.h>', '#include <string.h>', '#define OWN static __attribute__((noinline))']
        self.variables = ['v%d' % i for i in range(self.random.randint(2, 8))]
        for name in self.variables:
            self.head.append('static %s %s%s;' % (self.random.choice(TYPES), name,
                                                 ' = %d' % self.random.randint(1, 99) if self.random.random() < 0.5 else ''))
        self.head.append('static const int table[] = { %s };' % ', '.join(
            str(self.random.randint(-9999, 9999)) for _ in range(self.random.randint(4, 20))))
        self.bodies = [self.body(i) for i in range(self.count)]
        self.exported = [i == self.count - 1 or self.random.random() < 0.3 for i in range(self.count)]

    def value(self, used):
        pick = self.random
        kind = pick.random()
        if kind < 0.3:
            return 'x'
        if kind < 0.5:
            return pick.choice(self.variables)
        if kind < 0.6:
            return 'table[(unsigned long)(x) % (sizeof table / sizeof *table)]'
        if kind < 0.8 and used:
            return 'f%d(x %s %d)' % (pick.randrange(used), pick.choice('+-^'), pick.randint(1, 99))
        return str(pick.randint(-300, 70000))

    def statement(self, used):
        pick = self.random
        kind = pick.randrange(7)
        value = self.value(used)
        if kind == 0:
            return 'if (x > %d) x = x %s %s;' % (pick.randint(-50, 500), pick.choice(OPERATORS), value)
        if kind == 1:
            return 'for (long i = 0; i < (x & %d); i++) x += i ^ %s;' % (pick.randint(3, 15), value)
        if kind == 2:
            return '%s %s= %s;' % (pick.choice(self.variables), pick.choice(['+', '^', '|', '']), value)
        if kind == 3:
            cases = ' '.join('case %d: x %s= %d; break;' % (i, pick.choice('+-^'), pick.randint(1, 9999))
                             for i in range(pick.randint(3, 9)))
            return 'switch (x & 15) { %s default: x ^= %s; }' % (cases, value)
        if kind == 4:
            return 'x += strlen(x & 1 ? "%s" : "%s") + %s;' % (self.word(), self.word(), value)
        if kind == 5:
            return '{ long *p = malloc(sizeof *p); if (p) { *p = %s; x += *p; free(p); } }' % value
        return 'x = x %s %s;' % (pick.choice(OPERATORS), value)

    def word(self):
        return ''.join(self.random.choice('abcdefghij ') for _ in range(self.random.randint(4, 30)))

    def body(self, used):
        return [self.statement(used) for _ in range(self.random.randint(1, 8))]

    def text(self):
        lines = list(self.head)
        for i, body in enumerate(self.bodies):
            own = '' if self.exported[i] else 'OWN '
            lines += ['%slong f%d(long x)' % (own, i), '{'] + ['    ' + line for line in body] + ['    return x;', '}']
        # What nobody calls would not be there.
        lines.append('long entry(long x) { return %s; }' % ' + '.join('f%d(x)' % i for i in range(self.count)))
        return '\n'.join(lines) + '\n'

    def change(self):
        """One function, in one of the ways in which fixes change functions."""
        which = self.random.randrange(self.count)
        body = self.bodies[which]
        kind = self.random.randrange(3)
        at = self.random.randrange(len(body))
        if kind == 0:
            body.insert(at, 'if (x > %d) return %d;' % (self.random.randint(100, 9999), self.random.randint(-9, -1)))
        elif kind == 1:
            body[at] = self.statement(which)
        elif len(body) > 1:
            del body[at]
        else:
            body.append('x ^= %d;' % self.random.randint(1, 9999))


def build(directory, text, compiler, options):
    os.makedirs(directory, exist_ok=True)
    source, library = os.path.join(directory, 'random.c'), os.path.join(directory, 'librandom.so')
    with open(source, 'w') as file:
        file.write(text)
    subprocess.run([compiler, '-shared', '-fPIC', '-w', '-Wl,--build-id=sha1', '-Wl,-soname,librandom.so', '-o', library, source] + options,
                   check=True)
    return library


def pair(place, seed):
    """Both builds, and how they were made."""
    library = Library(seed)
    compiler = library.random.choice([compiler for compiler in ('gcc', 'clang') if shutil.which(compiler)])
    options = [library.random.choice(['-O1', '-O2', '-O2', '-O3', '-Os'])] + library.random.choice([[], ['-s'], ['-s'], ['-g']])
    old = build(os.path.join(place, 'old'), library.text(), compiler, options)
    library.change()
    return old, build(os.path.join(place, 'new'), library.text(), compiler, options), ' '.join([compiler] + options)


def make(directory, pairs, first):
    for seed in range(first, first + pairs):
        print('%d %s' % (seed, pair(os.path.join(directory, str(seed)), seed)[2]), flush=True)


def main():
    if sys.argv[1] == '--make':
        return make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    work, pulpo = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    first = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 30)
    scratch = os.path.join(work, '.pairs')
    os.makedirs(scratch, exist_ok=True)
    os.chdir(scratch)
    host = os.path.join(scratch, 'host')
    subprocess.run(['gcc', '-O1', '-o', host, os.path.join(corpus.HERE, 'host.c')], check=True)
    verdicts = collections.Counter()
    reasons = collections.Counter()
    inside = 0
    for seed in range(first, first + pairs):
        place = os.path.join(scratch, str(seed))
        old, new, how = pair(place, seed)
        verdict, found = judge.judge(pulpo, host, old, new, scratch)
        if found.get('in', '').startswith(('HARMED', 'not reverted')):
            verdict = 'HARMED'
        if found.get('in') == 'LATE':
            verdict = 'LATE'
        inside += found.get('in') == 'in and out'
        verdicts[verdict] += 1
        if verdict != 'container':
            reasons[found.get('why', '').split(' ')[0]] += verdict == 'refused'
            print('%-18s seed %d, %s: %s' % (verdict, seed, how, json.dumps(found)), flush=True)
        if verdict in ('container', 'refused', 'nothing changed'):
            shutil.rmtree(place)
    print('%d pairs from seed %d on: %s; %d in and out of a process' % (
        pairs, first, ', '.join('%s %d' % each for each in sorted(verdicts.items())), inside))
    print('reasons of refusals: %s' % ', '.join('%s %d' % each for each in reasons.most_common() if each[0]))
    return 1 if set(verdicts) - {'container', 'refused', 'nothing changed'} else 0


if __name__ == '__main__':
    sys.exit(main())
