"""Breaks sweeps in every way that a night may bring, starts them again each time, and counts what was lost.

Usage: tools/torture.py [ROUNDS] [SEED] [FAULT …]

Each round starts or goes on with a sweep of the real binary, does one fault to it at a random moment, and then looks:
every trial that was reported as finished must be there, with the file that it had, and with the numbers that an undisturbed sweep
gives; what cannot be read must have been set aside, named, and computed again; the store must open. At the end of a
store's life its sweep must come to the same trials as the undisturbed one. Faults that this machine cannot do (no
mount, no faketime) are skipped and named.
"""

import collections
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BAKEOFF = Path(__file__).resolve().parent.parent / "target/release/bakeoff"

SPEC = """version: 1
task: top_n
data:
  source: {{ name: synthetic, params: {{ n_users: 120, n_items: 60, seed: 5 }} }}
  split: {{ name: leave_one_out }}
training: {{ epochs: 27, patience: 0 }}
models:
  - name: item_knn
    space: {{ k: {{ log_int: [2, 50] }}, shrink: {{ uniform: [0, 20] }} }}
  - name: bpr_mf
    params: {{ embedding_dim: 16 }}
    space: {{ learning_rate: {{ log_uniform: [0.001, 0.1] }} }}
  - name: gru4rec
    params: {{ embedding_dim: 16, hidden: 32 }}
    space: {{ learning_rate: {{ log_uniform: [0.001, 0.1] }}, dropout: {{ uniform: [0, 0.5] }} }}
search: {search}
budget: {{ trials: 24 }}
replicates: {{ seeds: [1, 2, 3] }}
schedule: {{ devices: cpu, slots: 2, retries: 100, stall_secs: 4, memory_limit_mb: 2000 }}
"""
# Both propose the same trials however often and wherever they are interrupted.
SEARCHES = {
    "random": "{ name: random }",
    "asha": "{ name: asha, deterministic: true, lag: 2 }",
}


class Bench:
    """One store with its spec, and what is known to have finished in it."""

    def __init__(self, folder, search):
        self.folder, self.search = Path(folder), search
        self.folder.mkdir(parents=True, exist_ok=True)
        self.spec = self.folder / f"{search}.yaml"
        self.spec.write_text(SPEC.format(search=SEARCHES[search]))
        self.store = self.folder / "store"
        # By key: the digest of the outcome's file.
        self.finished = {}

    def command(self, *args):
        places = ["--store", self.store, "--reports", self.folder / "reports", "--cache", self.folder.parent / "cache"]
        return [str(part) for part in [self.folder.parent / "bakeoff", *places, *args]]

    def run(self, *args):
        return subprocess.run(self.command(*args), capture_output=True, text=True, errors="replace", timeout=120)

    def files(self):
        return {path.stem: path.read_bytes() for path in (self.store / "outcomes").glob("*.json")}

    def outcomes(self):
        return {key: json.loads(text)["outcome"] for key, text in self.files().items()}


class Sweep:
    """A running sweep: its events as they come."""

    def __init__(self, bench, wrap=()):
        self.bench, self.reported = bench, set()
        self.process = subprocess.Popen(
            [*wrap, *bench.command("sweep", bench.spec, "--progress", "json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self.errors = []
        self.readers = [threading.Thread(target=read) for read in (self.read_events, self.read_errors)]
        [reader.start() for reader in self.readers]

    def read_events(self):
        for line in self.process.stdout:
            # The last line of a killed sweep may be half a line: what it does not say whole, it has not reported.
            with contextlib.suppress(json.JSONDecodeError):
                event = json.loads(line)
                if event["event"] == "trial_finished" and event["outcome"]["status"]["state"] == "completed":
                    self.reported.add(event["outcome"]["key"])

    def read_errors(self):
        self.errors.extend(self.process.stderr)

    def workers(self):
        try:
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return []
        return [int(pid) for pid in listed]

    def wait(self, seconds=120):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "hung"
        [reader.join() for reader in self.readers]
        return code


class Torture:
    def __init__(self, seed, folder):
        self.chance, self.folder = random.Random(seed), Path(folder)
        # A build beside it must not change what is tortured.
        shutil.copy2(BAKEOFF, self.folder / "bakeoff")
        self.counts, self.wrong = collections.Counter(), []
        self.reference, self.benches, self.n_stores = {}, {}, 0
        for search in SEARCHES:
            bench = Bench(self.folder / f"reference-{search}", search)
            if bench.run("sweep", bench.spec).returncode != 0:
                sys.exit("an undisturbed sweep does not end well")
            self.reference[search] = {key: numbers(one) for key, one in bench.outcomes().items()}
            print(f"undisturbed {search}: {len(self.reference[search])} trials", flush=True)

    def bench(self, search=None):
        """One that has something left to run."""
        search = search or self.chance.choice(list(SEARCHES))
        if search not in self.benches:
            self.n_stores += 1
            self.benches[search] = Bench(self.folder / f"store-{self.n_stores}", search)
        return self.benches[search]

    def complain(self, fault, what):
        self.wrong.append(f"{fault}: {what}")
        print(f"WRONG {fault}: {what}", flush=True)

    def look(self, fault, bench, reported=(), damaged=()):
        """Nothing that had finished is missing, changed, doubled or wrong; `damaged` were damaged on purpose."""
        outcomes, reference = bench.outcomes(), self.reference[bench.search]
        completed = {key for key, one in outcomes.items() if one["status"]["state"] == "completed"}
        for key in set(reported) | set(bench.finished):
            if key not in completed and key not in damaged:
                self.counts["lost"] += 1
                self.complain(fault, f"{key} had finished and is lost")
        digests = {key: hashlib.sha256(text).hexdigest() for key, text in bench.files().items()}
        for key, digest in bench.finished.items():
            if key not in damaged and digests.get(key, digest) != digest:
                self.counts["recomputed"] += 1
                self.complain(fault, f"{key} had finished and was computed again")
        for key in completed:
            if key not in reference:
                self.complain(fault, f"{key} is no trial of the undisturbed sweep")
            elif is_split(outcomes[key]):
                # The same steps with their sums in another order: told with the outcome, and not the same bits.
                self.counts["split"] += 1
            elif numbers(outcomes[key]) != reference[key]:
                self.counts["wrong"] += 1
                self.complain(fault, f"{key} has other numbers than undisturbed")
        bench.finished = {key: digests[key] for key in completed}
        checked = bench.run("store", "check") if bench.store.exists() else None
        if checked and checked.returncode != 0:
            self.complain(fault, f"the store is not sound: {checked.stdout[-300:]}{checked.stderr[-300:]}")
        if completed == set(reference):
            del self.benches[bench.search]

    def go(self, rounds, names):
        faults = {name[6:]: fault for name, fault in vars(Torture).items() if name.startswith("fault_")}
        unknown = set(names) - set(faults)
        if unknown:
            sys.exit(f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(faults)}")
        names = names or list(faults)
        for n in range(rounds):
            # Kills make up half of the rounds.
            name = names[n // 2 % len(names)] if n % 2 else self.chance.choice(names[: min(3, len(names))])
            told = faults[name](self)
            self.counts[name if told != "skipped" else f"{name} (skipped)"] += 1
            print(f"round {n + 1}: {name}: {told}", flush=True)
        print("\nundisturbed again, what is left:")
        for search, bench in list(self.benches.items()):
            code = bench.run("sweep", bench.spec).returncode
            self.look("the end", bench)
            if search in self.benches:
                self.complain("the end", f"{search} did not come to the same trials (code {code})")
        print("faults:", ", ".join(f"{name} {n}" for name, n in sorted(self.counts.items()) if n and name in faults or "(" in name))
        lost, recomputed, wrong = (self.counts[name] for name in ("lost", "recomputed", "wrong"))
        print(f"{rounds} rounds over {self.n_stores} stores: {lost} finished trials lost, {recomputed} computed again, {wrong} wrong, {len(self.wrong)} complaints in all")
        return len(self.wrong)

    def moment(self, sweep):
        """While it starts, while trials run, while one ends; for faults of workers not before there are some."""
        n_more = self.chance.choice([0, 0, 1, 3, 10, 30, 60])
        deadline = time.time() + 10
        while len(sweep.reported) < n_more and sweep.process.poll() is None and time.time() < deadline:
            time.sleep(0.002)
        time.sleep(self.chance.choice([0, 0.01, 0.1, 0.4]) * self.chance.random())

    def moment_of_workers(self, sweep):
        self.moment(sweep)
        deadline = time.time() + 10
        while not sweep.workers() and sweep.process.poll() is None and time.time() < deadline:
            time.sleep(0.002)

    # Kills.

    def fault_kill_coordinator(self):
        bench = self.bench()
        sweep = Sweep(bench)
        self.moment(sweep)
        workers = sweep.workers()
        sweep.process.kill()
        sweep.wait()
        deadline = time.time() + 10
        while any(is_alive(pid) for pid in workers):
            if time.time() > deadline:
                self.complain("kill_coordinator", "workers outlive their coordinator")
                break
            time.sleep(0.01)
        self.look("kill_coordinator", bench, sweep.reported)
        return f"{len(sweep.reported)} reported before"

    def fault_kill_worker(self):
        bench = self.bench()
        sweep = Sweep(bench)
        n_killed = 0
        for _ in range(self.chance.randint(1, 4)):
            self.moment_of_workers(sweep)
            for pid in sweep.workers()[: self.chance.randint(1, 2)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    n_killed += 1
        code = sweep.wait()
        if code != 0:
            self.complain("kill_worker", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        self.look("kill_worker", bench, sweep.reported)
        return f"{n_killed} killed, {len(sweep.reported)} reported"

    def fault_kill_both(self):
        bench = self.bench()
        sweep = Sweep(bench)
        self.moment(sweep)
        for pid in [*sweep.workers(), sweep.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        sweep.wait()
        self.look("kill_both", bench, sweep.reported)
        return f"{len(sweep.reported)} reported before"

    # Workers that misbehave.

    def fault_hang(self):
        bench = self.bench()
        sweep = Sweep(bench)
        self.moment_of_workers(sweep)
        # Not one that has just been forked: nothing on earth stops a process between two of its instructions.
        stopped = [pid for pid in sweep.workers() if is_started(pid)][:1]
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        code = sweep.wait()
        if code != 0:
            self.complain("hang", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        if any(is_alive(pid) for pid in stopped):
            self.complain("hang", "a worker that hung is still there")
        self.look("hang", bench, sweep.reported)
        return f"{len(stopped)} stopped"

    def fault_garbage(self):
        bench = self.bench()
        sweep = Sweep(bench)
        self.moment_of_workers(sweep)
        n_told = 0
        for pid in sweep.workers():
            # Its pipe to the coordinator, which it keeps to itself under another number.
            for link in Path(f"/proc/{pid}/fd").glob("*") if os.path.exists(f"/proc/{pid}/fd") else []:
                with contextlib.suppress(OSError):
                    is_pipe = os.readlink(link).startswith("pipe:")
                    if is_pipe and link.name not in "02" and not is_read_end(pid, link.name):
                        with open(link, "wb", buffering=0) as pipe:
                            pipe.write(bytes(self.chance.randrange(256) for _ in range(200)) + b'\n"completed\n{"epoch": {}}\n')
                            n_told += 1
        code = sweep.wait()
        if code != 0:
            self.complain("garbage", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        self.look("garbage", bench, sweep.reported)
        return f"{n_told} pipes"

    def fault_memory(self):
        """Allocations fail from some moment on: what one that takes memory without end comes to under a limit."""
        if not shutil.which("prlimit"):
            return "skipped"
        bench = self.bench()
        sweep = Sweep(bench)
        self.moment_of_workers(sweep)
        for pid in sweep.workers()[:1]:
            subprocess.run(["prlimit", f"--pid={pid}", "--data=1000000:1000000"], capture_output=True)
        code = sweep.wait()
        if code != 0:
            self.complain("memory", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        self.look("memory", bench, sweep.reported)
        return f"{len(sweep.reported)} reported"

    # Files that go bad while nobody looks.

    def fault_index(self):
        bench = self.bench()
        self.fill(bench)
        files = [path for path in (bench.store / "index").rglob("*") if path.is_file()]
        for path in self.chance.sample(files, min(len(files), self.chance.randint(1, 2))):
            spoil(path, self.chance)
        sweep = Sweep(bench)
        self.moment(sweep)
        sweep.process.send_signal(signal.SIGINT)
        sweep.wait()
        self.look("index", bench, sweep.reported)
        return f"{len(files)} files, {sum('rebuilt' in line for line in sweep.errors)} rebuilds"

    def fault_outcome(self):
        bench = self.bench()
        self.fill(bench)
        if not bench.finished:
            return "nothing had finished"
        key = self.chance.choice(sorted(bench.finished))
        spoil(bench.store / "outcomes" / f"{key}.json", self.chance)
        sweep = Sweep(bench)
        sweep.wait()
        if not any(key[:10] in line and "damaged" in line for line in sweep.errors):
            self.complain("outcome", f"nobody was told that {key} is damaged: {sweep.errors[-3:]}")
        self.look("outcome", bench, sweep.reported, damaged=[key])
        return key[:10]

    def fault_checkpoint(self):
        bench = self.bench()
        self.fill(bench, 45)
        files = sorted((bench.store / "checkpoints").glob("*.safetensors"))
        if not files:
            return "there was none"
        path = self.chance.choice(files)
        spoil(path, self.chance)
        sweep = Sweep(bench)
        code = sweep.wait()
        if code != 0:
            self.complain("checkpoint", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        # Found by the check, and no harm else; then it is out of the way.
        path.unlink(missing_ok=True)
        self.look("checkpoint", bench, sweep.reported)
        return path.name[:10]

    def fault_journal(self):
        bench = self.bench("asha")
        self.fill(bench)
        files = sorted((bench.store / "searches").glob("*.lines"))
        if not files:
            return "there was none"
        path = self.chance.choice(files)
        path.write_bytes(path.read_bytes()[: -self.chance.randint(1, 40)])
        sweep = Sweep(bench)
        sweep.wait()
        self.look("journal", bench, sweep.reported)
        return path.name[:10]

    # The system.

    def fault_clock(self):
        if not shutil.which("faketime"):
            return "skipped"
        bench = self.bench()
        self.fill(bench)
        sweep = Sweep(bench, wrap=["faketime", "-f", self.chance.choice(["-3d", "-40y", "+2y"])])
        code = sweep.wait()
        if code != 0:
            self.complain("clock", f"the sweep ended with {code}: {sweep.errors[-3:]}")
        self.look("clock", bench, sweep.reported)
        return f"{len(sweep.reported)} reported"

    def fault_full_disk(self):
        bench = self.bench()
        with mounted(bench.store, "size=24m") as is_mounted:
            if not is_mounted:
                return "skipped"
            sweep = Sweep(bench)
            self.moment(sweep)
            ballast = bench.store / "ballast"
            with contextlib.suppress(OSError):
                ballast.write_bytes(bytes(24 << 20))
            code = sweep.wait()
            ballast.unlink(missing_ok=True)
            told = any("No space left" in line or "cannot write" in line for line in sweep.errors)
            if code not in (0, 1) and not told:
                self.complain("full_disk", f"the sweep ended with {code} and does not say why: {sweep.errors[-3:]}")
            self.look("full_disk", bench, sweep.reported)
            # With room again, what failed for want of it runs.
            again = bench.run("sweep", bench.spec, "--retry-failed")
            self.look("full_disk, with room", bench)
        return f"code {code}, then {again.returncode}"

    def fault_read_only(self):
        bench = self.bench()
        self.fill(bench)
        with mounted(bench.store, "size=64m") as is_mounted:
            if not is_mounted:
                return "skipped"
            subprocess.run(["mount", "-o", "remount,ro", bench.store], check=True)
            swept = bench.run("sweep", bench.spec)
            if swept.returncode != 2 or "write" not in swept.stderr:
                self.complain("read_only", f"a sweep there ended with {swept.returncode}: {swept.stderr[-200:]}")
            for command in (["status", bench.spec, "--once"], ["list", "trials"], ["check", bench.spec]):
                read = bench.run(*command)
                if read.returncode != 0:
                    self.complain("read_only", f"{command[0]} ended with {read.returncode}: {read.stderr[-200:]}")
            subprocess.run(["mount", "-o", "remount,rw", bench.store], check=True)
            self.look("read_only", bench)
        return f"code {swept.returncode}"

    def fill(self, bench, n=8):
        """So that there is something to break."""
        if len(bench.finished) >= n:
            return
        sweep = Sweep(bench)
        deadline = time.time() + 60
        while len(bench.finished | dict.fromkeys(sweep.reported)) < n and sweep.process.poll() is None and time.time() < deadline:
            time.sleep(0.01)
        sweep.process.kill()
        sweep.wait()
        files = bench.files()
        for key in sweep.reported:
            if key not in files:
                self.counts["lost"] += 1
                self.complain("fill", f"{key} had finished and is lost")
        bench.finished |= {key: hashlib.sha256(files[key]).hexdigest() for key in sweep.reported if key in files}


@contextlib.contextmanager
def mounted(folder, options):
    """A small file system of its own in the place of the folder, with its content; false where that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    is_mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True).returncode == 0
    try:
        if is_mounted:
            shutil.copytree(aside, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("socket"))
            yield True
            shutil.rmtree(aside)
            shutil.copytree(folder, aside, ignore=shutil.ignore_patterns("socket"))
        else:
            yield False
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", folder], check=True)
        shutil.rmtree(folder)
        aside.rename(folder)


def numbers(outcome):
    """What must be equal to the last bit."""
    curve = [(point["epoch"], point["train_loss"], point["valid"]) for point in outcome["curve"]]
    return outcome["valid"], outcome["test"], outcome["best_epoch"], curve


def is_split(outcome):
    return outcome["cost"]["micro_batches"] > 1


def is_read_end(pid, descriptor):
    flags = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text().split("flags:")[1].split()[0]
    return int(flags, 8) & 3 == os.O_RDONLY


def spoil(path, chance):
    content = bytearray(path.read_bytes())
    if content and chance.random() < 0.5:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    else:
        path.write_bytes(content[: chance.randrange(len(content) + 1) // 2])


def is_started(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"worker\0")
    except OSError:
        return False


def is_alive(pid):
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def main(rounds="300", seed="1", *faults):
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        return Torture(int(seed), folder).go(int(rounds), list(faults))


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
