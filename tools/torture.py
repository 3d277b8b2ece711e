"""Kills a sweep with SIGKILL at random moments, starts it again each time, and counts what was lost or run twice.

Usage: tools/torture.py [SPEC] [KILLS] [SEED]
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAKEOFF = ROOT / "target/release/bakeoff"


def main(spec="experiments/quickstart.yaml", kills="10", seed="1"):
    chance = random.Random(int(seed))
    with tempfile.TemporaryDirectory() as folder:
        where = ["--store", f"{folder}/store", "--reports", f"{folder}/reports"]
        sweep = [BAKEOFF, *where, "sweep", ROOT / spec, "--progress", "json"]
        before, reported, lost, repeated = {}, set(), 0, 0
        for kill in range(int(kills)):
            pause = chance.uniform(0.05, 8)
            reported |= run(sweep, pause)
            after = finished(where)
            lost += len(reported - after.keys())
            repeated += sum(after.get(key) != start for key, start in before.items())
            print(f"kill {kill + 1} after {pause:.2f} s: {len(after)} trials finished", flush=True)
            before = after
        reported |= run(sweep, None)
        after = finished(where)
        lost += len(reported - after.keys())
        repeated += sum(after.get(key) != start for key, start in before.items())
        print(f"in the end {len(after)} trials finished; reported as finished and lost: {lost}; run twice: {repeated}")
        return lost + repeated


def run(command, pause):
    """Keys that the sweep reports as finished, until it ends or is killed after `pause` seconds."""
    sweep = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if pause is not None:
        time.sleep(pause)
        sweep.kill()
    output, _ = sweep.communicate()
    if pause is None and sweep.returncode != 0:
        sys.exit(f"the last sweep ended with code {sweep.returncode}")
    events = [line for line in output.splitlines(keepends=True) if line.endswith(b"\n")]
    events = [json.loads(line) for line in events]
    return {event["outcome"]["key"] for event in events if event["event"] == "trial_finished"}


def finished(where):
    """When each completed trial of the store began."""
    listed = subprocess.run([BAKEOFF, *where, "list", "trials", "--json"], stdout=subprocess.PIPE, check=True)
    return {t["key"]: t["started_at"] for t in json.loads(listed.stdout) if t["status"] == "completed"}


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
