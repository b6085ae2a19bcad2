#!/usr/bin/env python3
"""Runs inside a guest: python3 throttles.py. Each device below /t is throttled as its name says. Prints TAP.

Rates are measured over ten seconds by the guest's own clock, all devices at once, each by programs that wait for
every answer. What is throttled must not be felt by others: neither on other devices, nor by other calls on the same one.
"""
import mmap, os, statistics, threading, time

SECONDS = 10
TOLERANCE = 0.05
results = []


def check(name, holds, detail):
    results.append(holds)
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {name}{'' if holds else f': {detail}'}", flush=True)
    print(f"# {name}: {detail}", flush=True)


class Load:
    """Some programs that read or write `size` bytes again and again; notes when each was done.

    With several of them one always waits at the server: so a guest that gets no processor for a moment misses nothing.
    """

    PROGRAMS = 8

    def __init__(self, device, way, size):
        self.way, self.size = way, size
        # Linux sends a page of the caller's buffer a message when nothing is cached: it begins where a page does.
        self.buffer = mmap.mmap(-1, size)
        self.done = []
        self.file = os.open(f"/t/{device}/{way}-{size}", os.O_RDWR | os.O_CREAT)
        self.threads = [threading.Thread(target=self.run, args=[n]) for n in range(self.PROGRAMS)]

    def start(self):
        self.begin = time.monotonic()
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()

    def one(self, index):
        offset = index % 16 * self.size
        if self.way == "read":
            return len(os.pread(self.file, self.size, offset))
        return os.pwrite(self.file, self.buffer, offset)

    def run(self, index):
        while True:
            moved = self.one(index)
            index += 1
            now = time.monotonic() - self.begin
            if now > SECONDS:
                break
            self.done.append((now, moved))

    def operations(self, start=0, end=SECONDS):
        return sum(1 for at, _ in self.done if start <= at < end)

    def bytes(self, start=0, end=SECONDS):
        return sum(moved for at, moved in self.done if start <= at < end)


def near(name, rate, limit):
    check(name, abs(rate / limit - 1) <= TOLERANCE, f"{rate:,.1f} a second, the limit is {limit:,}")


def latency(call, count):
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e6


def unfelt(name, before, during):
    # Several programs share the guest's one processor; who waits for a throttle waits for tens of milliseconds.
    holds = during < max(before * 4, 5000)
    check(name, holds, f"median {during:.0f} µs, {before:.0f} µs when nothing else runs")


with open("/t/bps-read/read-65536", "r+b") as file:
    assert os.fstat(file.fileno()).st_size == 16 * 65536, "the host has put it there"

free = os.open("/t/free/file", os.O_RDWR | os.O_CREAT)
on_other = lambda: os.pwrite(free, b"x" * 4096, 0)
on_same = lambda: os.stat("/t/bps-write")
alone = latency(on_other, 300), latency(on_same, 300)

loads = {
    "total-read": Load("bps-total", "read", 32768),
    "total-write": Load("bps-total", "write", 32768),
    "bps-read": Load("bps-read", "read", 65536),
    "bps-write": Load("bps-write", "write", 65536),
    "iops-total": Load("iops-total", "write", 512),
    "iops-read": Load("iops-read", "read", 512),
    "iops-size": Load("iops-size", "write", 4096),
    "amount": Load("burst-amount", "write", 4096),
    "rate": Load("burst-rate", "write", 512),
}
for load in loads.values():
    load.start()
time.sleep(SECONDS / 2)
during = latency(on_other, 300), latency(on_same, 300)
for load in loads.values():
    load.join()

total = loads["total-read"].bytes() + loads["total-write"].bytes()
near("bps-total, reads and writes together", total / SECONDS, 1_000_000)
near("bps-read", loads["bps-read"].bytes() / SECONDS, 1_500_000)
near("bps-write", loads["bps-write"].bytes() / SECONDS, 1_500_000)
near("iops-total", loads["iops-total"].operations() / SECONDS, 100)
near("iops-read", loads["iops-read"].operations() / SECONDS, 60)
near("iops-size: a write of four times that size is four operations", loads["iops-size"].operations() / SECONDS, 20)

amount = loads["amount"]
burst = amount.bytes(0, 3)
check("a burst of one second is as much as max says, at once", 4_000_000 <= burst <= 4_000_000 + 3 * 200_000 + 4096 * (1 + Load.PROGRAMS), f"{burst:,} bytes in 3 s")
near("after that burst the average holds", amount.bytes(4, 10) / 6, 200_000)
rate = loads["rate"]
near("a longer burst has its own rate", rate.operations(0.5, 2.5) / 2, 60)
near("after that burst the average holds, too", rate.operations(6, 10) / 4, 15)
unfelt("another device is not held up", alone[0], during[0])
unfelt("other calls on a throttled device are not held up", alone[1], during[1])
print(f"1..{len(results)}")
raise SystemExit(0 if all(results) else 1)
