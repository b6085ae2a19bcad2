"""Times stat and open in two folders in turn: `times.py FILES ROUNDS FOLDER…`. A line of JSON for each round."""

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


def micros(work, paths):
    began = time.perf_counter()
    for path in paths:
        work(path)
    return (time.perf_counter() - began) / len(paths) * 1e6


for number in range(rounds + 1):
    for name, work in (("stat", stat), ("open", open_close)):
        row = {}
        # In turn, and each first as often as the other.
        for folder in folders if number % 2 == 0 else folders[::-1]:
            row[folder] = micros(work, [f"{folder}/file-{i}" for i in range(files)])
        # The first round warms up what is compiled while it runs: the emulator's code, and the servers'.
        if number > 0:
            print(json.dumps({"what": name, "micros": row}), flush=True)
