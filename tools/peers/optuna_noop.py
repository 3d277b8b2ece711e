"""What Optuna spends on a trial whose objective does nothing: milliseconds a trial and resident memory, with SQLite and
with its journal as storage.

Usage: optuna_noop.py [--trials 1000] [--processes 1] [--sampler tpe|random] [--storages sqlite,journal,memory]
"""

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

STORAGES = {
    "sqlite": lambda folder: f"sqlite:///{folder}/study.db",
    "journal": lambda folder: JournalStorage(JournalFileBackend(f"{folder}/study.log")),
    "memory": lambda folder: None,
}
SAMPLERS = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}


def objective(trial):
    trial.suggest_float("learning_rate", 1e-5, 1.0, log=True)
    trial.suggest_int("embedding_dim", 4, 512, log=True)
    trial.suggest_float("weight_decay", 1e-8, 1.0, log=True)
    trial.suggest_categorical("loss", ["full", "sampled", "pairwise"])
    return 0.0


def work(folder, storage, sampler, n_trials, seed, results):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="noop", storage=STORAGES[storage](folder), sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=n_trials)
    results.put(peak_mb())


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(storage, sampler, n_trials, n_processes):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        study = optuna.create_study(study_name="noop", storage=STORAGES[storage](folder), sampler=SAMPLERS[sampler](seed=1))
        began = time.perf_counter()
        if n_processes == 1:
            study.optimize(objective, n_trials=n_trials)
            peaks = [peak_mb()]
        else:
            # Every process is an interpreter of its own, as the documentation has it; its start is not counted per trial.
            context = multiprocessing.get_context("spawn")
            results = context.Queue()
            shares = [n_trials // n_processes + (i < n_trials % n_processes) for i in range(n_processes)]
            arguments = [(folder, storage, sampler, share, i, results) for i, share in enumerate(shares)]
            workers = [context.Process(target=work, args=one) for one in arguments]
            for worker in workers:
                worker.start()
            peaks = [results.get() for _ in workers]
            for worker in workers:
                worker.join()
        secs = time.perf_counter() - began
        assert len(study.trials) == n_trials, len(study.trials)
        size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    return {
        "side": "optuna",
        "storage": storage,
        "sampler": sampler,
        "trials": n_trials,
        "processes": n_processes,
        "ms_per_trial": 1000 * secs / n_trials,
        "peak_rss_mb": sum(peaks),
        "storage_mb": size / 1e6,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--sampler", choices=SAMPLERS, default="tpe")
    parser.add_argument("--storages", default="sqlite,journal")
    options = parser.parse_args()
    for storage in options.storages.split(","):
        # A process of its own, so that the memory is that of one storage.
        with multiprocessing.get_context("spawn").Pool(1) if options.processes == 1 else NoPool() as pool:
            figures = pool.apply(measure, (storage, options.sampler, options.trials, options.processes))
        print(json.dumps(figures), flush=True)


class NoPool:
    """A pool may not start processes of its own: with several, the measuring stays here."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def apply(self, function, arguments):
        return function(*arguments)


if __name__ == "__main__":
    main()
