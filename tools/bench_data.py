"""How fast and in how much memory generated ratings become a prepared dataset (5-core, leave-one-out).

Usage: tools/bench_data.py ROWS [PEER…]

Each PEER is a command that reads a CSV and is timed in turn with ours, such as
`python3 tools/peers/polars_prepare.py`; the file's path is put behind it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = """\
version: 1
task: top_n
data:
  source:
    name: csv
    params: {{ interactions: {file}, user: userId, item: movieId }}
  steps:
    - {{ name: k_core, params: {{ k: 5 }} }}
  split: {{ name: leave_one_out }}
models:
  - {{ name: popularity }}
"""


def timed(command, folder):
    """Seconds and peak MB of a command."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))} failed")
    return time.monotonic() - started, usage.ru_maxrss / 1000


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rows, peers = int(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        file = folder / "ratings.csv"
        generate = ["cargo", "run", "--quiet", "--release", "-p", "bakeoff-data", "--example", "ratings"]
        subprocess.run([*generate, "--", str(rows), file], cwd=ROOT, check=True)
        (folder / "bench.yaml").write_text(SPEC.format(file=file))
        # A file that was just written is not remembered: it could change within a tick of the clock.
        time.sleep(3)
        ours = [ROOT / "target/release/bakeoff", "--cache", "cache", "data", "describe", "bench.yaml"]
        print(f"{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB of CSV")
        for name, command in [("prepare", ours), ("open", ours), ("open", ours)]:
            seconds, peak = timed(command, folder)
            print(f"{name}: {seconds:.2f} s, {peak:.0f} MB", flush=True)
        size = sum(path.stat().st_size for path in folder.glob("cache/datasets/*/*") if path.is_file())
        print(f"prepared: {size / rows:.2f} bytes an interaction")
        for peer in peers:
            seconds, peak = timed([*peer.split(), file], folder)
            print(f"{peer}: {seconds:.2f} s, {peak:.0f} MB", flush=True)


main()
