# Threads that are in C most of the time, and in Python code that C has called.
import ctypes, json, re, sqlite3, threading, zlib

libc = ctypes.CDLL(None)
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


def by_callback():
    numbers = (ctypes.c_int * 50)(*[i * 7919 % 50 for i in range(50)])
    libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), COMPARE(lambda a, b: a[0] - b[0]))


def by_key():
    sorted(range(300), key=lambda x: -x)


def by_database():
    base = sqlite3.connect(":memory:")
    base.create_function("twice", 1, lambda x: 2 * x)
    base.execute("create table t(a)")
    base.executemany("insert into t values(?)", [(i,) for i in range(50)])
    base.execute("select sum(twice(a)) from t").fetchall()


def by_text():
    text = json.dumps([{"a": i, "b": str(i) * 5} for i in range(100)])
    json.loads(text, object_hook=lambda d: d)
    re.sub(r'(\d+)":', lambda m: m.group(1), text)
    zlib.crc32(zlib.compress(text.encode()))


def deep(n):
    return 0 if n == 0 else max([deep(n - 1)], key=lambda x: x) + 1


def by_recursion():
    deep(30)


def by_failure():
    try:
        {}[by_failure]
    except KeyError as missing:
        str(missing)


def work(jobs):
    while True:
        for job in jobs:
            job()


for job in by_callback, by_key, by_database, by_text, by_recursion, by_failure:
    threading.Thread(target=work, args=([job],), daemon=True).start()
print("ready", flush=True)
work([by_callback, by_database, by_text])
