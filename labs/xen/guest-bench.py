# python3 bench.py FOLDER: one line for each measurement, "GUEST bench NAME VALUE UNIT". Each is the best of three rounds.
import os
import sys
import time

folder = sys.argv[1]
small = os.path.join(folder, "small")
large = os.path.join(folder, "large")
SIZE = 8 << 20
BLOCK = 256 << 10


def best(name, count, unit, work):
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - began)
    seconds = min(rounds)
    value = seconds / count * 1e6 if unit == "us" else count / seconds
    print(f"GUEST bench {name} {value:.1f} {unit}", flush=True)


def stats():
    for _ in range(200):
        os.stat(small)


def opens():
    for _ in range(100):
        fd = os.open(small, os.O_RDONLY)
        os.read(fd, 4096)
        os.close(fd)


def small_reads():
    fd = os.open(large, os.O_RDONLY)
    for i in range(200):
        os.pread(fd, 4096, i * 4096)
    os.close(fd)


def small_writes():
    fd = os.open(large, os.O_WRONLY)
    for i in range(200):
        os.pwrite(fd, data[:4096], i * 4096)
    os.close(fd)


def sequential_reads():
    fd = os.open(large, os.O_RDONLY)
    while os.read(fd, BLOCK):
        pass
    os.close(fd)


def sequential_writes():
    fd = os.open(large, os.O_WRONLY)
    for _ in range(SIZE // BLOCK):
        os.write(fd, data)
    os.close(fd)


data = os.urandom(BLOCK)
with open(small, "wb") as file:
    file.write(b"x" * 4096)
with open(large, "wb") as file:
    for _ in range(SIZE // BLOCK):
        file.write(data)
best("stat", 200, "us", stats)
best("open+read+close", 100, "us", opens)
best("read 4 KiB", 200, "us", small_reads)
best("write 4 KiB", 200, "us", small_writes)
best("read 256 KiB, sequential", SIZE / 1e6, "MB/s", sequential_reads)
best("write 256 KiB, sequential", SIZE / 1e6, "MB/s", sequential_writes)
