"""Prints what search_quality and optuna_quality.py wrote as one table: mean ± standard error of the best loss so far.

Usage: quality_table.py FILE…
"""

import collections
import json
import statistics
import sys


def main(paths):
    losses, times = collections.defaultdict(dict), collections.defaultdict(list)
    counts = []
    for line in (line for path in paths for line in open(path)):
        study = json.loads(line)
        who = f"{study['side']} {study['strategy']}"
        counts = list(study["best"])
        losses[study["n_parallel"], study["function"], who][study["seed"]] = study["best"]
        times[study["n_parallel"], who].append(study["ms_per_proposal"])
    for n_parallel in sorted({key[0] for key in losses}):
        print(f"\n{n_parallel} trial(s) at a time\n")
        print("| function | search | seeds |" + "".join(f" {n} trials |" for n in counts))
        print("| --- | --- | --- |" + " --- |" * len(counts))
        for (_, function, who), by_seed in ((key, of) for key, of in losses.items() if key[0] == n_parallel):
            cells = [cell([best[n] for best in by_seed.values()]) for n in counts]
            print(f"| {function} | {who} | {len(by_seed)} | " + " | ".join(cells) + " |")
        print()
        for (_, who), of in ((key, of) for key, of in times.items() if key[0] == n_parallel):
            print(f"{who}: {statistics.median(of):.2f} ms a proposal, median over studies")


def cell(values):
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.4f} ± {error:.4f}"


if __name__ == "__main__":
    main(sys.argv[1:])
