"""Measures Optuna's samplers on the functions of functions.py: one JSON line a study, with the best losses after 10, 25, 50
and 100 trials, as `cargo run --release -p bakeoff-runner --example search_quality` prints them of bakeoff.

Usage: optuna_quality.py [--seeds 20] [--parallel 1] [--samplers random,tpe,…] [--functions branin,…]
       optuna_quality.py --verify FILE     (FILE: what the example prints when it is called with --points)
"""

import argparse
import collections
import json
import math
import sys
import time
import warnings

import optuna
from optuna.samplers import RandomSampler, TPESampler

from functions import FUNCTIONS

COUNTS = [10, 25, 50, 100]
SAMPLERS = {
    "random": lambda seed: RandomSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed),
    "tpe_group": lambda seed: TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True),
    # The default before Optuna 5.
    "tpe_independent": lambda seed: TPESampler(seed=seed, multivariate=False, constant_liar=True),
}


def measure(function, sampler, seed, n_parallel):
    """A study in which `n_parallel` trials are under way at a time, and end in the order in which they began."""
    space, loss = FUNCTIONS[function]
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed))
    losses, under_way = [], collections.deque()
    asking = 0.0
    for number in range(COUNTS[-1]):
        if len(under_way) == n_parallel:
            study.tell(*under_way.popleft())
        began = time.perf_counter()
        trial = study.ask()
        params = space(trial)
        asking += time.perf_counter() - began
        losses.append(loss(params))
        under_way.append((trial, losses[-1]))
    return {
        "side": "optuna",
        "strategy": sampler,
        "function": function,
        "n_parallel": n_parallel,
        "seed": seed,
        "best": {str(n): min(losses[:n]) for n in COUNTS},
        "ms_per_proposal": 1000 * asking / COUNTS[-1],
    }


def verify(path):
    """Whether both sides say the same of the same configurations."""
    wrong, n_points = 0, 0
    for line in open(path):
        point = json.loads(line)
        loss = FUNCTIONS[point["function"]][1](point["params"])
        n_points += 1
        if not math.isclose(loss, point["loss"], rel_tol=1e-9, abs_tol=1e-12):
            print(f"{point['function']}: {loss} here, {point['loss']} there for {point['params']}")
            wrong += 1
    print(f"{n_points} points, {wrong} differ", file=sys.stderr)
    return wrong + (n_points == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--samplers", default=",".join(SAMPLERS))
    parser.add_argument("--functions", default=",".join(FUNCTIONS))
    parser.add_argument("--verify")
    options = parser.parse_args()
    if options.verify:
        return verify(options.verify)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    for function in options.functions.split(","):
        for sampler in options.samplers.split(","):
            for seed in range(1, options.seeds + 1):
                print(json.dumps(measure(function, sampler, seed, options.parallel)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
