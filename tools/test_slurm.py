"""Sweeps on a real Slurm cluster of three nodes, while nodes, controller, elements and coordinator are killed.

Usage: tools/test_slurm.py [CASE ...]    all cases, or those named

Installs slurm-wlm and munge where it may (root, apt-get), else says what to install and ends with code 0 and SKIPPED.
"""

import collections
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from slurm import Cluster, environ, kill, until

ROOT = Path(__file__).resolve().parent.parent
BAKEOFF = ROOT / "target/release/bakeoff"
PROGRAMS = ["slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel", "scontrol"]

SPEC = """
version: 1
task: top_n
data:
  source: {{ name: synthetic, params: {{ n_users: 200, n_items: 80, seed: 5 }} }}
  split: {{ name: leave_one_out }}
models:
  - name: gru4rec
    params: {{ epochs: {epochs}, patience: {epochs}, hidden: 16, embedding_dim: 16 }}
    grid:
      learning_rate: {learning_rates}
      dropout: [0.0, 0.1, 0.2, 0.3]
replicates: {{ seeds: {seeds} }}
schedule:
  devices: cpu
  retries: {retries}
  executor:
    name: slurm
    params: {{ poll_secs: 1, grace_secs: 3, {more} }}
"""


class Bench:
    """A spec with a store of its own."""

    def __init__(self, cluster, name, n_trials, n_seeds=4, epochs=20, retries=1, more=""):
        self.cluster, self.n_trials = cluster, n_trials
        self.dir = cluster.dir / name
        self.dir.mkdir()
        self.store = self.dir / "store"
        rates = [round(0.001 * (i + 1), 4) for i in range((n_trials - n_seeds) // 4)]
        assert len(rates) * 4 + n_seeds == n_trials
        spec = SPEC.format(learning_rates=rates, seeds=list(range(1, n_seeds + 1)), epochs=epochs, retries=retries,
                           more=more)
        (self.dir / "spec.yaml").write_text(spec)

    def command(self, *words):
        return [BAKEOFF, "--store", self.store, "--reports", self.dir / "reports", *words]

    def sweep(self):
        return Sweep(self)

    def finished(self):
        """When each completed trial began."""
        listed = subprocess.run(self.command("list", "trials", "--json"), stdout=subprocess.PIPE, check=True)
        return {t["key"]: t["started_at"] for t in json.loads(listed.stdout) if t["status"] == "completed"}

    def bytes(self):
        """Every file of an outcome, and its content."""
        files = [path for folder in ["outcomes", "units"] for path in (self.store / folder).iterdir()]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.name[0] != "."}

    def begun(self):
        """How often each attempt began, whoever ran it."""
        counts = collections.Counter()
        for path in self.store.glob("slurm/*/*.progress.jsonl"):
            counts[path.name.split(".")[0]] += sum('"began"' in line for line in path.read_text().splitlines())
        return counts

    def is_in_trial(self, element):
        """Whether a trial of this element, a process, has begun and has no verdict."""
        folder = max(self.store.glob("slurm/*/array.json"), key=lambda path: path.stat().st_mtime).parent
        names = json.loads((folder / "array.json").read_text())["content"]["elements"]
        index = int(environ(element).get("SLURM_ARRAY_TASK_ID", -1))
        mine = [name.removesuffix(".json") for name in names[index]] if 0 <= index < len(names) else []
        return any((folder / f"{name}.progress.jsonl").exists() and not (folder / f"{name}.verdict.json").exists()
                   for name in mine)

    def arrays(self):
        return sorted(path.parent.name for path in self.store.glob("slurm/*/array.json"))

    def n_elements(self):
        """What Slurm's own log says has ended."""
        log = self.cluster.dir / "log/jobcomp.txt"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(any(f"Name=bakeoff-{array} " in line for array in self.arrays()) for line in lines)

    def listed(self, state):
        """The elements that Slurm has in a state, as `number_index`."""
        names = ",".join(f"bakeoff-{array}" for array in self.arrays())
        return self.cluster.run("squeue", "-h", "-r", f"--states={state}", f"--name={names}", "-o", "%F_%K").split()


class Sweep:
    """A running coordinator and what it has said."""

    all = []

    def __init__(self, bench):
        self.all.append(self)
        self.events = []
        self.log = open(bench.dir / "coordinator.log", "ab")
        self.process = subprocess.Popen(bench.command("sweep", bench.dir / "spec.yaml", "--progress", "json"),
                                        env=os.environ | bench.cluster.env, stdout=subprocess.PIPE, stderr=self.log)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def finished(self):
        return [event["outcome"]["key"] for event in self.of("trial_finished")]

    def until(self, is_true, what, secs=120):
        until(lambda: self.process.poll() is not None or is_true(), what, secs)
        assert self.process.poll() is None, f"the coordinator ended before {what}; see {self.log.name}"

    def until_finished(self, n):
        self.until(lambda: len(self.finished()) >= n, f"{n} trials have finished")

    def end(self, code, secs=240):
        assert self.process.wait(secs) == code, f"code {self.process.returncode}; see {self.log.name}"
        self.reader.join()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()


def node_and_coordinator_are_killed(cluster):
    """40 trials over three nodes: one node is killed half-way, and the coordinator once."""
    bench = Bench(cluster, "killed", 40)
    started = time.monotonic()
    sweep = bench.sweep()
    sweep.until_finished(12)
    on_n2 = lambda: [pid for pid, node, title in cluster.workers(bench.store) if node == "n2" and is_worker(title)]
    sweep.until(on_n2, "n2 has work")
    # Held in the middle, so that it is there to be killed.
    os.kill(on_n2()[0], signal.SIGSTOP)
    cluster.kill_node("n2")
    sweep.until_finished(16)
    sweep.kill()
    before, reported = bench.bytes(), set(sweep.finished())
    again = bench.sweep().end(0)
    secs = time.monotonic() - started
    after = bench.bytes()
    assert len(bench.finished()) == 40, f"{len(bench.finished())} trials have finished"
    assert len(after) == 80, "an outcome and its units for each trial"
    assert all(after[name] == content for name, content in before.items()), "a finished outcome changed"
    assert reported <= set(bench.finished()), "a reported trial was lost"
    assert len(again.finished()) == len(set(again.finished())), "a trial was reported twice"
    assert not reported & set(again.finished()), "a reported trial was run again"
    n_twice = sum(count > 1 for count in bench.begun().values())
    assert n_twice >= 1, "nothing ran on n2 when it was killed"
    cluster.start_node("n2")
    print(f"    40 trials in {secs:.0f} s, {n_twice} of them begun again after the death of n2")


def slurm_forgets(cluster):
    """An acknowledged array is forgotten."""
    bench = Bench(cluster, "forgotten", 18, n_seeds=2)
    sweep = bench.sweep()
    sweep.until_finished(2)
    known = len(bench.listed("all"))
    assert known == 16 and bench.listed("pending"), "Slurm has acknowledged the array, and some of it waits"
    cluster.kill_controller()
    sweep.until(lambda: sweep.of("notice"), "the coordinator says that Slurm does not answer")
    cluster.forget()
    assert bench.listed("all") == [], "Slurm has not forgotten"
    sweep.end(0)
    notices = [event["message"] for event in sweep.of("notice")]
    assert any("Unable to contact" in notice for notice in notices), notices
    assert any(notice.startswith("slurm has lost") for notice in notices), notices
    assert len(bench.finished()) == 18 and len(bench.arrays()) >= 3
    assert len(sweep.finished()) == len(set(sweep.finished())) == 18
    print(f"    {known} elements were forgotten; notices: {len(notices)}; arrays: {len(bench.arrays())}")


def controller_dies_after_sbatch(cluster):
    """slurmctld is killed just after it has acknowledged an array, and started from what it had saved."""
    bench = Bench(cluster, "acknowledged", 18, n_seeds=2)
    sweep = bench.sweep()
    sweep.until(lambda: bench.arrays() and bench.listed("all"), "an array is acknowledged")
    cluster.kill_controller()
    cluster.start_controller()
    survived = len(bench.listed("all"))
    sweep.end(0)
    assert len(bench.finished()) == 18
    assert len(sweep.finished()) == len(set(sweep.finished())) == 18
    print(f"    {survived} of 16 elements survived in its saved state; arrays: {len(bench.arrays())}")


def finished_elements_run_again(cluster):
    """Elements that have finished run again, by Slurm and by hand, with and without their verdicts."""
    bench = Bench(cluster, "again", 12)
    bench.sweep().end(0)
    before, begun = bench.bytes(), bench.begun()
    elements = bench.listed("all")
    for element in elements:
        cluster.run("scontrol", "requeue", element)
    until(lambda: "Restarts=1" in cluster.run("scontrol", "show", "job", elements[0]), "Slurm begins one again")
    until(lambda: len(bench.listed("completed")) == len(elements), "they have ended again", 120)
    restarts = [cluster.run("scontrol", "show", "job", element).count("Restarts=1") for element in elements]
    for verdict in bench.store.glob("slurm/*/*.verdict.json"):
        verdict.unlink()
    for array in bench.arrays():
        folder = bench.store / "slurm" / array
        program = next((bench.store / "slurm/bin").iterdir())
        command = ["sh", bench.store / "slurm/element.sh", program, "worker", "--array", folder / "array.json"]
        env = os.environ | {"SLURM_ARRAY_TASK_ID": "0"}
        subprocess.run(command, env=env, check=True)
    assert sum(restarts) == len(elements) == 12, restarts
    assert bench.bytes() == before, "an outcome changed"
    assert bench.begun() == begun, "a trial began again"
    assert bench.sweep().end(0).finished() == []
    print(f"    {sum(restarts)} elements ran again; outcomes and units are the same bytes")


def time_limit(cluster):
    """An element over its time limit is a timeout and is tried again; one that somebody cancels is not."""
    bench = Bench(cluster, "limit", 5, n_seeds=1, epochs=100_000, more="time: '1', array_limit: 1")
    sweep = bench.sweep()
    sweep.until(lambda: sweep.of("trial_retried"), "an attempt is tried again", 240)
    retried = sweep.of("trial_retried")[0]
    assert retried["attempt"] == 1 and "TIMEOUT" in retried["reason"], retried
    attempt = next(bench.store.glob(f"attempts/{retried['key']}.1.json"))
    status = json.loads(attempt.read_text())["outcome"]["status"]
    assert (status["state"], status["cause"]) == ("failed", "timeout"), status
    numbers = lambda: {element.split("_")[0] for element in bench.listed("all")}
    sweep.until(lambda: len(numbers()) == 2, "the second attempt is submitted")
    for element in bench.listed("all"):
        cluster.run("scancel", element)
    sweep.end(1)
    causes = [event["outcome"]["status"]["cause"] for event in sweep.of("trial_finished")]
    assert causes == ["cancelled"] * 4, causes
    print(f"    first line of the reason: {retried['reason'].splitlines()[0]}")


def workers_are_killed(cluster):
    """kill -9 of a worker inside an element, and of whole elements."""
    bench = Bench(cluster, "workers", 12, epochs=200)
    sweep = bench.sweep()
    workers = lambda: [pid for pid, _, title in cluster.workers(bench.store) if is_worker(title)]
    elements = lambda: [pid for pid, _, title in cluster.workers(bench.store) if "--array" in title]
    sweep.until(lambda: sweep.of("epoch_ended") and workers(), "a trial is in its middle")
    kill(min(workers()))
    sweep.until(lambda: sweep.of("trial_retried"), "its trial is tried again")
    sweep.until(elements, "an element runs")
    kill(elements()[0])
    sweep.end(0)
    reasons = [event["reason"].splitlines()[0] for event in sweep.of("trial_retried")]
    assert len(reasons) == 2, reasons
    assert "signal 9" in reasons[0] and "FAILED" in reasons[1], reasons
    assert len(bench.finished()) == 12
    print(f"    {reasons[0]} | {reasons[1]}")


def array_goes_on_without_coordinator(cluster):
    """SIGINT: the array goes on, the next coordinator takes it up, and nothing runs twice."""
    bench = Bench(cluster, "interrupted", 40)
    sweep = bench.sweep()
    sweep.until_finished(6)
    sweep.process.send_signal(signal.SIGINT)
    sweep.end(130)
    reported = len(sweep.finished())
    until(lambda: bench.listed("running") and sum(bench.begun().values()) > reported + 6, "the array goes on")
    again = bench.sweep().end(0)
    assert len(bench.finished()) == 40
    assert set(bench.begun().values()) == {1} and len(bench.begun()) == 40, bench.begun()
    until(lambda: bench.n_elements() == 40, f"Slurm has run 40 elements, not {bench.n_elements()}", 10)
    assert len(bench.arrays()) == 2, "one for the grid, one for the replicates"
    assert not set(sweep.finished()) & set(again.finished())
    print(f"    {reported} trials before, {len(again.finished())} reported after; 40 elements in two arrays")


def trials_share_an_element(cluster):
    """Several short trials in one element; one of them kills its worker's process and the others do not mind."""
    bench = Bench(cluster, "shared", 24, epochs=80, more="trials_per_element: 5, array_limit: 2")
    sweep = bench.sweep()
    in_trial = lambda: [pid for pid, _, title in cluster.workers(bench.store) if "--array" in title and bench.is_in_trial(pid)]
    found = []
    sweep.until(lambda: found.extend(in_trial()) or found, "an element is in the middle of a trial")
    kill(found[0])
    sweep.end(0)
    assert len(bench.finished()) == 24
    assert len(sweep.of("trial_retried")) == 1, "the trials that had not begun cost no attempt"
    first = json.loads((bench.store / "slurm" / min(bench.arrays(), key=made(bench)) / "array.json").read_text())
    assert [len(names) for names in first["content"]["elements"]] == [5, 5, 5, 5]
    assert max(bench.begun().values()) == 2


def is_worker(title):
    return title.endswith(" worker")


def made(bench):
    return lambda array: (bench.store / "slurm" / array / "array.json").stat().st_mtime


# The time limit takes a minute and a half of waiting, which the next four use; the last three maul the cluster.
BESIDE = [time_limit]
CASES = [
    array_goes_on_without_coordinator,
    finished_elements_run_again,
    workers_are_killed,
    trials_share_an_element,
]
AFTER = [node_and_coordinator_are_killed, controller_dies_after_sbatch, slurm_forgets]


def main(*names):
    install()
    wanted = lambda cases: [case for case in cases if not names or case.__name__ in names]
    if unknown := set(names) - {case.__name__ for case in BESIDE + CASES + AFTER}:
        sys.exit(f"no case is called {', '.join(unknown)}")
    failed = []

    def run(case, cluster):
        started = time.monotonic()
        try:
            case(cluster)
            print(f"ok      {case.__name__} ({time.monotonic() - started:.0f} s)", flush=True)
        except BaseException as error:
            failed.append(case.__name__)
            print(f"FAILED  {case.__name__}: {type(error).__name__}: {error}", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="bakeoff-slurm-"))
    cluster = Cluster(folder / "cluster")
    try:
        cluster.start()
        threading.Thread(target=administer, args=(cluster,), daemon=True).start()
        beside = [threading.Thread(target=run, args=(case, cluster)) for case in wanted(BESIDE)]
        for thread in beside:
            thread.start()
        for case in wanted(CASES):
            run(case, cluster)
        for thread in beside:
            thread.join()
        for case in wanted(AFTER):
            run(case, cluster)
    finally:
        for sweep in Sweep.all:
            sweep.process.kill()
        cluster.stop()
    if failed:
        sys.exit(f"{len(failed)} failed; what they left is in {folder}")
    shutil.rmtree(folder)


def administer(cluster):
    while True:
        cluster.resume()
        time.sleep(3)


def install():
    if all(shutil.which(program) for program in PROGRAMS):
        return
    what = "apt-get install --no-install-recommends slurm-wlm munge"
    started = time.monotonic()
    is_allowed = os.geteuid() == 0 and shutil.which("apt-get")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ["apt-get update -qq", what + " -y -qq"] if is_allowed else []:
        subprocess.run(command.split(), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if not all(shutil.which(program) for program in PROGRAMS):
        print(f"SKIPPED: there is no Slurm here, and it cannot be installed; as root: {what}")
        sys.exit(0)
    print(f"installed Slurm in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
