"""Searches a spec's own space by Optuna and by bakeoff, on the very same trials: Optuna's objective is `bakeoff sweep` of a
spec with one configuration, over the store that bakeoff's own search uses, so that whatever was tried once is known.

One JSON line a search, as optuna_quality.py prints them, for quality_table.py; `best` are values of the selecting metric.

Usage: optuna_sweep.py [SPEC] --store DIR [--searches tpe,tpe_group,random,bakeoff:tpe,bakeoff:random] [--seeds 20]
                       [--trials 100] [--first-seed 1] [--minimize]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import optuna
import yaml

from optuna_quality import SAMPLERS

ROOT = Path(__file__).resolve().parent.parent.parent
BAKEOFF = ROOT / "target/release/bakeoff"
COUNTS = [10, 25, 50, 100]


class Bench:
    """A spec of one model, the store that all its trials go to, and what they came to."""

    def __init__(self, spec, store):
        self.spec = yaml.safe_load(Path(spec).read_text())
        (self.model,) = self.spec["models"]
        self.name = Path(spec).stem
        self.select = self.spec["evaluation"]["select"]
        self.where = ["--store", store]
        self.known = {}

    def value_of(self, params):
        """The selecting metric on validation of a configuration; None if it failed."""
        key = json.dumps(params, sort_keys=True)
        if key not in self.known:
            model = {name: self.model[name] for name in self.model if name not in ("space", "grid", "zip")}
            model["configurations"] = [params]
            spec = {name: self.spec[name] for name in self.spec if name not in ("search", "budget", "space")}
            (self.known[key],) = self.sweep(spec | {"models": [model]})
        return self.known[key]

    def sweep(self, spec):
        """Values of the search trials of a spec, in the order in which they were tried."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "one.yaml"
            path.write_text(yaml.safe_dump(spec))
            command = [BAKEOFF, *self.where, "--reports", folder, "sweep", path, "--progress", "json"]
            swept = subprocess.run(command, capture_output=True, text=True)
        if swept.returncode not in (0, 1):
            sys.exit(f"bakeoff sweep ended with {swept.returncode}:\n{swept.stderr}")
        events = [json.loads(line) for line in swept.stdout.splitlines()]
        cached = [event["key"] for event in events if event["event"] == "trial_cached"]
        known = {trial["key"]: trial for trial in self.list() if trial["key"] in cached} if cached else {}
        values = []
        for event in events:
            if event["event"] == "trial_finished" and event["outcome"]["trial"]["scored"] == "valid":
                values.append(event["outcome"]["valid"].get(self.select))
            elif event["event"] == "trial_cached" and not known[event["key"]]["test"]:
                values.append(known[event["key"]]["valid"])
        return values

    def list(self):
        listed = subprocess.run([BAKEOFF, *self.where, "list", "trials", "--json"], capture_output=True, check=True)
        return json.loads(listed.stdout)


def suggest(trial, space):
    """A configuration of a spec's space: every dimension whose condition holds, those with conditions last."""
    params = {}
    for name, domain in sorted(space.items(), key=lambda item: "when" in item[1]):
        if all(params.get(other) in values for other, values in domain.get("when", {}).items()):
            params[name] = one(trial, name, domain)
    return params


def one(trial, name, domain):
    ((kind, of),) = ((kind, of) for kind, of in domain.items() if kind != "when")
    if kind == "choice":
        return trial.suggest_categorical(name, of)
    if kind in ("int", "log_int"):
        return trial.suggest_int(name, *of, log=kind == "log_int")
    if kind == "quantized":
        return trial.suggest_float(name, of[0], of[1], step=of[2])
    return trial.suggest_float(name, *of, log=kind == "log_uniform")


def by_optuna(bench, sampler, seed, n_trials, direction):
    space = bench.model.get("space", {}) | {name: {"choice": of} for name, of in bench.model.get("grid", {}).items()}
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed), direction=direction)
    values = []
    for _ in range(n_trials):
        trial = study.ask()
        value = bench.value_of(suggest(trial, space))
        values.append(value)
        study.tell(trial, value, state=None if value is not None else optuna.trial.TrialState.FAIL)
    return values


def by_bakeoff(bench, strategy, seed, n_trials):
    # One trial at a time, and each proposal knows all before it, as on the other side.
    search = {"name": strategy, "seed": seed, "deterministic": True, "lag": 1}
    return bench.sweep(bench.spec | {"search": search, "budget": {"trials": n_trials}})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", nargs="?", default=Path(__file__).parent / "bpr_mf.yaml")
    parser.add_argument("--store", required=True)
    parser.add_argument("--searches", default="tpe,tpe_group,random,bakeoff:tpe,bakeoff:random")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--minimize", action="store_true")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    bench = Bench(options.spec, options.store)
    best, direction = (min, "minimize") if options.minimize else (max, "maximize")
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for search in options.searches.split(","):
            began = time.perf_counter()
            side, _, strategy = search.rpartition(":")
            if side == "bakeoff":
                values = by_bakeoff(bench, strategy, seed, options.trials)
            else:
                values = by_optuna(bench, strategy, seed, options.trials, direction)
            assert len(values) == options.trials, len(values)
            reached = {str(n): best(v for v in values[:n] if v is not None) for n in COUNTS if n <= options.trials}
            figures = {
                "side": side or "optuna",
                "strategy": strategy,
                "function": bench.name,
                "n_parallel": 1,
                "seed": seed,
                "best": reached,
                # Trials included.
                "ms_per_proposal": 1000 * (time.perf_counter() - began) / options.trials,
            }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
