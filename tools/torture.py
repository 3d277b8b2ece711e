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
        for kill in range(int(kills) + 1):
            is_last = kill == int(kills)
            n_finished, pause = (None, 0) if is_last else (chance.randint(0, 4), chance.uniform(0, 1))
            reported |= run(sweep, n_finished, pause)
            after = finished(where)
            lost += len(reported - after.keys())
            repeated += sum(after.get(key) != start for key, start in before.items())
            when = "ended" if is_last else f"killed {pause:.2f} s after trial {n_finished}"
            print(f"{when}: {len(after)} trials finished", flush=True)
            before = after
        print(f"reported as finished and lost: {lost}; run twice: {repeated}")
        return lost + repeated


def run(command, n_finished, pause):
    """Keys that the sweep reports as finished, until it ends or is killed `pause` seconds after so many of them."""
    reported = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sweep:
        for line in sweep.stdout:
            event = json.loads(line)
            if event["event"] == "trial_finished":
                reported.add(event["outcome"]["key"])
            if n_finished is not None and len(reported) >= n_finished:
                time.sleep(pause)
                sweep.kill()
                break
    if n_finished is None and sweep.returncode != 0:
        sys.exit(f"the last sweep ended with code {sweep.returncode}")
    return reported


def finished(where):
    """When each completed trial of the store began."""
    listed = subprocess.run([BAKEOFF, *where, "list", "trials", "--json"], stdout=subprocess.PIPE, check=True)
    return {t["key"]: t["started_at"] for t in json.loads(listed.stdout) if t["status"] == "completed"}


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
