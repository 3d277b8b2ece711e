"""What Ray Tune spends on a trial whose objective does nothing: milliseconds a trial, with a given number at a time, and
resident memory of the driver and of all that it started.

Usage: ray_noop.py [--trials 200] [--slots 8] [--reuse]     (--reuse: one process serves many trials)
"""

import argparse
import json
import os
import resource
import tempfile
import time

os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("RAY_DISABLE_IMPORT_WARNING", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray import tune


def objective(config):
    return {"loss": 0.0}


def tree_mb():
    """Resident memory of this process and all below it: shared pages count in each."""
    parents, sizes = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
        except OSError:
            continue
        parents[pid] = fields["PPid"].strip()
        sizes[pid] = int(fields.get("VmRSS", "0 kB").split()[0]) / 1024
    inside = {str(os.getpid())}
    while True:
        more = {pid for pid, parent in parents.items() if parent in inside} - inside
        if not more:
            return sum(sizes[pid] for pid in inside)
        inside |= more


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--reuse", action="store_true")
    options = parser.parse_args()
    space = {
        "learning_rate": tune.loguniform(1e-5, 1.0),
        "embedding_dim": tune.lograndint(4, 512),
        "weight_decay": tune.loguniform(1e-8, 1.0),
        "loss": tune.choice(["full", "sampled", "pairwise"]),
    }
    began = time.perf_counter()
    ray.init(num_cpus=options.slots, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(
            objective,
            param_space=space,
            tune_config=tune.TuneConfig(
                num_samples=options.trials,
                metric="loss",
                mode="min",
                max_concurrent_trials=options.slots,
                reuse_actors=options.reuse,
            ),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        )
        results = tuner.fit()
        ended = time.perf_counter()
        assert len(results) == options.trials and results.num_errors == 0, results
    figures = {
        "side": "ray",
        "trials": options.trials,
        "slots": options.slots,
        "reuse": options.reuse,
        "start_secs": started - began,
        "ms_per_trial": 1000 * (ended - started) / options.trials,
        "driver_peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "all_rss_mb": tree_mb(),
    }
    print(json.dumps(figures))
    ray.shutdown()


if __name__ == "__main__":
    main()
