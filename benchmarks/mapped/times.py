"""Times stat and open in folders in turn: `times.py FILES ROUNDS FOLDER…`. A line of JSON for each round.

`micros` is what one call takes, `idle` the part of it in which this guest's only processor had nothing to do but to wait.
"""

import json
import os
import sys
import time

files, rounds = int(sys.argv[1]), int(sys.argv[2])
folders = sys.argv[3:]


def stat(path):
    os.stat(path)


def open_close(path):
    os.close(os.open(path, os.O_RDONLY))


def idle():
    with open("/proc/uptime") as file:
        return float(file.read().split()[1])


def micros(work, paths):
    idled, began = idle(), time.perf_counter()
    for path in paths:
        work(path)
    took, idled = time.perf_counter() - began, idle() - idled
    return took / len(paths) * 1e6, idled / len(paths) * 1e6


for number in range(rounds + 1):
    for name, work in (("stat", stat), ("open", open_close)):
        row, waited = {}, {}
        # In turn, and each first as often as the other.
        for folder in folders if number % 2 == 0 else folders[::-1]:
            row[folder], waited[folder] = micros(work, [f"{folder}/file-{i}" for i in range(files)])
        # The first round warms up what is compiled while it runs: the emulator's code, and the servers'.
        if number > 0:
            print(json.dumps({"what": name, "micros": row, "idle": waited}), flush=True)
