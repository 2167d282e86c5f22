#!/usr/bin/env python3
"""judge.py WORK PULPO [PACKAGE...]: compares both builds of the binaries of the corpus with "pulpo diff", and what it says with
what the oracle says. Prints a line for each binary as it goes, and a summary. CORPUS_MOST is how many binaries of a package are
compared, the largest first (3)."""
import collections
import json
import os
import signal
import subprocess
import sys
import time

import corpus
import oracle

LIMIT = 180


def limited(command, limit=LIMIT, **more):
    """Runs a command; status, output, errors, seconds, MiB."""
    began = time.time()
    with open('stdout', 'w+b') as out, open('stderr', 'w+b') as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True, **more)
        late = False
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.time() - began > limit:
                late = True
                os.killpg(child.pid, signal.SIGKILL)
                pid, status, used = os.wait4(child.pid, 0)
                break
            time.sleep(0.02)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return ('late' if late else child.returncode, out.read().decode('utf-8', 'replace'),
                err.read().decode('utf-8', 'replace'), time.time() - began, used.ru_maxrss / 1024)


def goes_in(pulpo, host, old, old_root, container):
    """Whether a process that has loaded the old build takes the patch, and gives it back."""
    if subprocess.run(['readelf', '-h', old], capture_output=True).stdout.find(b'Type:                              DYN') < 0:
        return 'not tried: no shared object'
    if b'INTERP' in subprocess.run(['readelf', '-lW', old], capture_output=True).stdout:
        return 'not tried: a program'
    places = {os.path.dirname(old)}
    environment = dict(os.environ, LD_LIBRARY_PATH=':'.join(sorted(places)))
    with subprocess.Popen([host, old], stdout=subprocess.PIPE, env=environment, start_new_session=True) as process:
        try:
            first = process.stdout.readline().decode('utf-8', 'replace').strip()
            if first != 'ready':
                return 'not tried: ' + first[:120]
            status, _, errors, _, _ = limited([pulpo, 'apply', '-p', str(process.pid), container])
            if status == 'late':
                return 'LATE'
            if status != 0:
                return 'refused: ' + (errors.strip().splitlines() or [''])[-1][:300]
            status, _, errors, _, _ = limited([pulpo, 'revert', '-p', str(process.pid), container])
            if status == 'late':
                return 'LATE'
            if status != 0:
                return 'not reverted: ' + errors.strip()[-300:]
            return 'in and out' if process.poll() is None else 'HARMED'
        finally:
            process.kill()


def is_said_of_twins(truth, place, everything):
    """Whether as many functions of the same text are spoken of as the new build has fewer of them: any of them may be meant."""
    text = truth.old.texts[place]
    gone = sum(truth.old.texts[each] == text for each in truth.changed)
    said = sum(other == text and '%x' % each[0] in everything for each, other in truth.old.texts.items())
    return said >= gone


def judge(pulpo, host, old, new, work):
    """A verdict and its details for one binary."""
    fix = os.path.join(work, 'fix.so')
    if os.path.exists(fix):
        os.unlink(fix)
    status, out, errors, seconds, mib = limited([pulpo, 'diff', old, new, '-o', fix, '--json'])
    found = {'seconds': round(seconds, 1), 'mib': round(mib), 'status': status}
    truth = oracle.Truth(old, new)
    found.update(functions=len(truth.old.texts), changed=len(truth.changed), immediates=len(truth.immediates))
    try:
        said = json.loads(out)
    except ValueError:
        said = {}
    diff = said.get('diff', {})
    container = said.get('container', {})
    names = [f['name'] for f in diff.get('functions', [])]
    data = [v['name'] for v in diff.get('variables', [])]
    found.update(said=len(names), data=len(data), compared=diff.get('compared', 0))
    if status not in (0, 3) or not diff:
        return 'failed', dict(found, why=(errors.strip().splitlines() or [str(status)])[-1][:300])
    if os.path.exists(fix) and status == 0:
        replaced = {int(f['address'], 16) for f in container.get('functions', [])}
        everything = json.dumps(said)
        missing = [place for place in truth.changed
                   if place[0] not in replaced and not truth.old.is_part_of(place, replaced)]
        unsaid = [place for place in missing if '%x' % place[0] not in everything
                  and not is_said_of_twins(truth, place, everything)]
        extra = truth.superfluous(replaced)
        found.update(replaced=len(replaced), missing=[hex(p[0]) for p in missing][:20], extra=[hex(p[0]) for p in extra][:20])
        if unsaid:
            return 'LEAVES OUT', found
        if extra:
            return 'REPLACES UNCHANGED', found
        found['in'] = goes_in(pulpo, host, old, work, fix)
        return 'container', found
    found['checks'] = sorted({f['check'] for f in container.get('findings', [])})
    whys = [f['check'] + ' ' + f['message'] for f in container.get('findings', [])]
    found['why'] = ' | '.join(why[:200] for why in whys[:3]) + (' | %d more' % (len(whys) - 3) if len(whys) > 3 else '')
    found['uncompared'] = len(diff.get('uncompared', []))
    nothing = not names and not data and not found['uncompared']
    if nothing and truth.changed:
        return 'FALSE NOTHING', found
    if nothing:
        return 'nothing changed', found
    return 'refused', found


def main():
    work, pulpo = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    wanted = sys.argv[3:]
    scratch = os.path.join(work, '.judge')
    os.makedirs(scratch, exist_ok=True)
    os.chdir(scratch)
    host = os.path.join(scratch, 'host')
    subprocess.run(['gcc', '-O1', '-o', host, os.path.join(corpus.HERE, 'host.c')], check=True)
    verdicts = collections.Counter()
    rows = []
    for package, patterns in corpus.packages():
        if wanted and package not in wanted:
            continue
        places = corpus.fetch(work, package)
        if not places:
            print('%-60s %s' % (package, 'not two builds'), flush=True)
            continue
        pairs = sorted(corpus.binaries(*places, patterns), key=lambda pair: -os.path.getsize(pair[0]))
        for old, new in pairs[:int(os.environ.get('CORPUS_MOST', '3'))]:
            try:
                verdict, found = judge(pulpo, host, old, new, scratch)
            except Exception as failure:
                verdict, found = 'NOT JUDGED', {'why': repr(failure)[:200]}
            verdicts[verdict] += 1
            rows.append((package, os.path.basename(old), verdict, found))
            print('%-20s %-22s %-30s %s' % (verdict, package, os.path.basename(old), json.dumps(found)), flush=True)
    print()
    print('%d binaries: %s' % (len(rows), ', '.join('%s %d' % each for each in sorted(verdicts.items()))))
    changed = [row for row in rows if row[3].get('changed', 0) > 0]
    inside = [row for row in changed if row[3].get('in') == 'in and out']
    print('%d really changed; containers for %d of them, %d seen in and out of a process' % (
        len(changed), sum(row[2] == 'container' for row in changed), len(inside)))
    same = [row for row in changed if 'layout' not in row[3].get('checks', [])]
    print('%d of them without a finding about a layout; containers for %d %%' % (
        len(same), 100 * sum(row[2] == 'container' for row in same) // max(1, len(same))))
    kinds = collections.Counter(', '.join(row[3]['checks']) for row in changed if 'checks' in row[3])
    for kind, count in kinds.most_common():
        print('  refused %3d  %s' % (count, kind))
    slow = max(rows, key=lambda row: row[3].get('seconds', 0), default=None)
    large = max(rows, key=lambda row: row[3].get('mib', 0), default=None)
    if rows:
        print('slowest: %s %s s; largest: %s %s MiB' % (slow[1], slow[3].get('seconds'), large[1], large[3].get('mib')))
    return 1 if any(verdicts[bad] for bad in ('FALSE NOTHING', 'LEAVES OUT', 'REPLACES UNCHANGED', 'NOT JUDGED')) else 0


if __name__ == '__main__':
    sys.exit(main())
