"""What really differs between two builds, by objdump(1) and readelf(1) alone.

A function is what a frame description entry covers. Its text is its instructions without addresses: branches within it go to
the n-th instruction, calls and data have the name and version of an import, or the string that is there, or no name. A function
is really changed if no function of the other build has its text. Immediates are looked through apart: functions that differ in them
alone are listed by themselves, because line numbers of assertions are immediates.
"""
import bisect
import collections
import re
import subprocess

PADDING = re.compile(r'^(data16 |cs |rex\S* )*(nop\w*|xchg +%ax,%ax)')
BRANCH = re.compile(r'^(?:bnd |notrack |repz )*(j\w+(?:,p[nt])?|call\w*|xbegin|loop\w*|jmp\w*)\s+([0-9a-f]+)(?: <(.*)>)?$')
NEAR = re.compile(r'-?0x[0-9a-f]+\(%rip\)(.*?)\s*# ([0-9a-f]+)(?: <.*>)?$')
# How far into data that a function uses the builds are compared.
WORDS = 64
IMMEDIATE = re.compile(r'\$-?0x[0-9a-f]+')


def output(*command):
    done = subprocess.run(command, capture_output=True, timeout=300)
    return done.stdout.decode('utf-8', 'replace')


class Build:
    """A build, disassembled."""

    def __init__(self, path):
        self.path = path
        with open(path, 'rb') as file:
            self.content = file.read()
        self.sections = []
        for line in output('readelf', '-SW', path).splitlines():
            found = re.match(r'\s*\[\s*\d+\] (\S+)\s+(\S+)\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)', line)
            if found and int(found.group(3), 16):
                self.sections.append((found.group(1), found.group(2), int(found.group(3), 16),
                                      int(found.group(4), 16), int(found.group(5), 16)))
        self.slots = {}
        self.versions = {}
        self.pointers = {}
        self.names = {}
        for line in output('readelf', '-rW', path).splitlines():
            words = line.split()
            if len(words) >= 5 and words[2] in ('R_X86_64_JUMP_SLOT', 'R_X86_64_GLOB_DAT', 'R_X86_64_JUMP_SLO'):
                self.slots[int(words[0], 16)] = words[4]
                self.versions[words[4].split('@')[0]] = words[4]
            if len(words) >= 5 and words[2] == 'R_X86_64_64':
                self.names[int(words[0], 16)] = ' '.join(words[4:])
            if len(words) == 4 and words[2] == 'R_X86_64_RELATIVE':
                self.pointers[int(words[0], 16)] = int(words[3], 16)
        self.called = set()
        self.jumped = collections.defaultdict(set)
        self.used = collections.defaultdict(list)
        self.ranges = self.frames()
        self.texts = self.functions()
        self.leads = {target for those in self.used.values() for target in those}

    def frames(self):
        ranges = set()
        for line in output('readelf', '--debug-dump=frames', self.path).splitlines():
            found = re.search(r' FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)', line)
            if found:
                first, end = int(found.group(1), 16), int(found.group(2), 16)
                if any(name == '.text' and start <= first < start + size for name, _, start, _, size in self.sections):
                    ranges.add((first, end))
        return sorted(ranges)

    def loaded(self, address, line):
        """What an instruction loads: the bytes if it says how many, or what kind of place it is."""
        size = 4 if re.search(r'mov .*,%e\w\w$', line) else 8 if re.search(r'mov .*,%r\w\w$', line) else 0
        for name, _, start, offset, length in self.sections:
            if size and start <= address < start + length and name.startswith('.rodata'):
                return self.content[offset + address - start:][:size].hex()
        kind = self.string(address)
        return kind if kind in ('BSS', 'DATA', 'NOWHERE') else 'CONSTANT'

    def string(self, address):
        """The string of read-only data at an address, or what kind of place it is."""
        for name, _, start, offset, size in self.sections:
            if start <= address < start + size:
                if not name.startswith('.rodata'):
                    return 'BSS' if name == '.bss' else 'DATA'
                at = offset + address - start
                end = self.content.find(b'\0', at, at + 300)
                text = self.content[at:end] if end > at else b''
                printable = len(text) > 2 and all(32 <= c < 127 or c in (9, 10, 13) for c in text)
                return repr(text) if printable else 'CONSTANT'
        return 'NOWHERE'

    def words(self, address, count, deep=2):
        """The words of constant data at an address, up to the next one that code uses; pointers by what they lead to, and
        what the loader looks up by its name."""
        words = []
        for at in range(address, address + 8 * count, 8):
            if at > address and at in self.leads:
                break
            if at in self.names:
                words.append(self.names[at])
                continue
            if at in self.pointers:
                to = self.pointers[at]
                words.append(self.string(to) if deep == 0 else (self.string(to), self.words(to, count, deep - 1)))
                continue
            for name, kind, start, offset, size in self.sections:
                if start <= at < start + size and name.startswith(('.rodata', '.data.rel.ro')):
                    words.append(self.content[offset + at - start:][:8])
        return words

    def functions(self):
        starts = [first for first, _ in self.ranges]
        lines = collections.defaultdict(list)
        for line in output('objdump', '-d', '-w', '-j', '.text', '--no-show-raw-insn', self.path).splitlines():
            found = re.match(r'\s*([0-9a-f]+):\s+(.*)$', line)
            if found:
                address = int(found.group(1), 16)
                at = bisect.bisect_right(starts, address) - 1
                if at >= 0 and address < self.ranges[at][1]:
                    lines[at].append((address, found.group(2).strip()))
        return {self.ranges[at]: self.text(self.ranges[at], found) for at, found in lines.items()}

    def text(self, place, lines):
        code = [(address, line) for address, line in lines if not PADDING.match(line)]
        index = {address: number for number, (address, _) in enumerate(code)}
        text = []
        for _, line in code:
            branch = BRANCH.match(line)
            near = NEAR.search(line)
            if branch:
                target = int(branch.group(2), 16)
                inside = place[0] <= target < place[1]
                name = branch.group(3) or ''
                if not inside and branch.group(1).startswith('call'):
                    self.called.add(target)
                elif not inside:
                    self.jumped[target].add(place)
                # A branch to padding goes to what follows it.
                while inside and target not in index and target < place[1]:
                    target += 1
                line = branch.group(1) + ' ' + (str(index.get(target, 'END')) if inside
                                                else self.versions.get(name[:-4], name) if name.endswith('@plt')
                                                else 'FUNCTION')
            elif near:
                target = int(near.group(2), 16)
                self.used[place].append(target)
                name = self.slots.get(target) or (self.string(target) if line.startswith('lea')
                                                  else self.loaded(target, line))
                line = line[:near.start()] + name + near.group(1)
            elif '<' in line:
                line = re.sub(r'\s*(#.*)?<.*', '', line)
            text.append(re.sub(r'\s+', ' ', line))
        return '\n'.join(text)

    def is_part_of(self, place, replaced):
        """Whether only these functions lead to a place, by jumps: the cold part of one."""
        sources = set()
        for target, those in self.jumped.items():
            if place[0] <= target < place[1]:
                sources |= those
        return bool(sources) and place[0] not in self.called and all(source[0] in replaced for source in sources)


def without_immediates(text):
    return IMMEDIATE.sub('$IMMEDIATE', text)


class Truth:
    """changed: places of the old build whose text the new build has not; immediates: those that differ in immediates alone;
    same: places whose text is there."""

    def __init__(self, old, new):
        self.old = Build(old)
        self.new = Build(new)
        left = collections.Counter(self.new.texts.values())
        different = []
        self.same = []
        for place, text in self.old.texts.items():
            if left[text]:
                left[text] -= 1
                self.same.append(place)
            else:
                different.append(place)
        rest = collections.Counter()
        for text, count in left.items():
            rest[without_immediates(text)] += count
        self.changed = []
        self.immediates = []
        for place in different:
            text = without_immediates(self.old.texts[place])
            if rest[text]:
                rest[text] -= 1
                self.immediates.append(place)
            else:
                self.changed.append(place)
        self.added = sum(rest.values())

    def is_same(self, place):
        """Whether the new build has a function with exactly this text that uses the same data."""
        text = self.old.texts[place]
        return any(other == text and self.same_data(place, each) for each, other in self.new.texts.items())

    def same_data(self, place, other):
        pairs = zip(self.old.used[place], self.new.used[other])
        return all(self.old.words(one, WORDS) == self.new.words(two, WORDS) for one, two in pairs)

    def superfluous(self, replaced):
        """Functions that are replaced without need. Of several with one text it is not known which the new build still has: as
        many may be replaced as it has fewer."""
        left = collections.Counter(self.new.texts.values())
        left.subtract(text for place, text in self.old.texts.items() if place[0] not in replaced)
        return [place for place, text in self.old.texts.items()
                if place[0] in replaced and left[text] > 0 and self.is_same(place)]
