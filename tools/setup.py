"""Puts the pinned command runner (`just`) or libtorch (`cpu`, `cuda`) under .tools/.

Called by setup.sh when something is missing. pip downloads each wheel of requirements-*.txt and checks its hash.
A kill at any moment is harmless: wheels that are whole are kept until they are unpacked, unpacking goes into a folder
of another name, and that folder takes its place in one rename with its requirements file inside, which is the stamp.
"""

import ctypes
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
DOWNLOADS = TOOLS / "downloads"
MB = 1_000_000
TITLES = {"just": "just", "cpu": "libtorch without CUDA", "cuda": "libtorch with CUDA"}


def main(kind):
    target = TOOLS / ("just" if kind == "just" else "libtorch")
    requirements = ROOT / "tools" / f"requirements-{kind}.txt"
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with open(TOOLS / "lock", "w") as lock:
        take(lock)
        if stamp_of(target) == requirements.read_bytes():
            return  # Somebody else set it up while this process waited for the lock.
        pins = read_pins(requirements)
        size = sum(size for _, _, size in pins)
        say(f"{TITLES[kind]}: {size} MB to download, into {target.relative_to(ROOT)}")
        started = time.monotonic()
        wheels = [download(name, hashes, size) for name, hashes, size in pins]
        downloaded = time.monotonic()
        unpack(wheels, kind, requirements, target)
        shutil.rmtree(DOWNLOADS)
        unpacked = time.monotonic() - downloaded
        say(f"{TITLES[kind]}: downloaded in {downloaded - started:.0f} s, unpacked in {unpacked:.0f} s")


def take(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another set-up is under way here; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)


def stamp_of(target):
    stamp = target / "requirements.txt"
    return stamp.read_bytes() if stamp.exists() else None


def read_pins(requirements):
    """(name==version, allowed SHA-256 sums, size in MB) of each line; the size is for the display alone."""
    pins = []
    for line in requirements.read_text().splitlines():
        if line and not line.startswith("#"):
            size = int(re.search(r"# (\d+) MB", line).group(1))
            pins.append((line.split()[0], re.findall(r"sha256:(\w+)", line), size))
    return pins


def download(name, hashes, size):
    """The wheel of `name`: kept from an earlier call if it is whole, else downloaded by pip."""
    folder = DOWNLOADS / name
    for wheel in folder.glob("*.whl"):
        if sha256(wheel) in hashes:
            return wheel
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    pin = folder / "requirement.txt"
    pin.write_text(" ".join([name] + [f"--hash=sha256:{sum}" for sum in hashes]) + "\n")
    log = folder / "pip.log"
    with open(log, "w") as output:
        pip = subprocess.Popen(
            pip_command(folder, pin),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(scratch), "PIP_REQUIRE_VIRTUALENV": "0"},
            preexec_fn=die_with_parent,
        )
        progress = Progress(name, size)
        while pip.poll() is None:
            progress.show(size_below(scratch) // MB)
            time.sleep(0.1)
        progress.end()
    if pip.returncode != 0:
        fail(f"pip could not download {name}: {reason(log.read_text())}")
    shutil.rmtree(scratch)
    return next(folder.glob("*.whl"))


def pip_command(folder, pin):
    """Forces the tags of the pinned wheels, so that every Python 3 fetches the same files."""
    machine = platform.machine()
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--no-deps", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    command += ["--python-version=3.11", "--implementation=cp", "--abi=cp311"]
    for minor in range(28, 4, -1):
        command.append(f"--platform=manylinux_2_{minor}_{machine}")
    for old in ("2014", "2010", "1"):
        command.append(f"--platform=manylinux{old}_{machine}")
    return command + ["--dest", str(folder), "--requirement", str(pin)]


def die_with_parent():
    """A download must not go on behind the back of the next call."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def size_below(folder):
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.path.getsize(os.path.join(parent, name))
            except FileNotFoundError:
                pass  # pip moved it between the listing and the look.
    return size


def reason(log):
    if "Retrying (" in log:
        return "the package index cannot be reached; start again once it can, what is downloaded is kept"
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    return errors[0][len("ERROR:") :].strip() if errors else log.strip()[-500:]


def unpack(wheels, kind, requirements, target):
    fresh, old = TOOLS / f"{target.name}.new", TOOLS / f"{target.name}.old"
    shutil.rmtree(fresh, ignore_errors=True)
    members = []
    for wheel in wheels:
        archive = zipfile.ZipFile(wheel)
        members += [(archive, info) for info in archive.infolist() if is_needed(info.filename, kind)]
    progress = Progress("unpacking", sum(info.file_size for _, info in members) // MB)
    done = 0
    for archive, info in members:
        path = fresh / (Path(info.filename).name if kind == "just" else info.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as packed, open(path, "wb") as file:
            while block := packed.read(4 * MB):
                file.write(block)
                done += len(block)
                progress.show(done // MB)
        path.chmod(0o755 if kind == "just" else 0o644)
    progress.end()
    shutil.copyfile(requirements, fresh / "requirements.txt")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def is_needed(path, kind):
    """Libraries, headers and licences; what only Python loads stays behind, and without a GPU what is for CUDA."""
    name = path.rsplit("/", 1)[-1]
    if not name:
        return False  # a folder
    if kind == "just":
        return path.endswith("/scripts/just")
    if ".dist-info/" in path:
        return re.match("license|notice|copying", name, re.IGNORECASE)
    if path == "torch/version.py" or path.startswith("torch/include/"):
        return True
    if ".so" not in name or "/lib/" not in path or re.match("libtorch_python|libshm|libtorch_global", name):
        return False
    if kind == "cuda":
        return True
    if path.startswith("nvidia/"):
        return re.match("libcudart|libcupti", name)
    return not re.search("cuda|nvrtc|nvshmem", name)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(4 * MB):
            digest.update(block)
    return digest.hexdigest()


class Progress:
    """`NAME: 120 of 531 MB`: one line that is overwritten on a terminal, elsewhere a line every five seconds."""

    def __init__(self, name, size):
        self.name, self.size, self.last = name, size, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, done):
        if time.monotonic() - self.last > (0.1 if self.terminal else 5):
            self.last = time.monotonic()
            line = f"justw: {self.name}: {min(done, self.size)} of {self.size} MB"
            print(f"\r{line}\x1b[K" if self.terminal else line, end="" if self.terminal else "\n",
                  file=sys.stderr, flush=True)

    def end(self):
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def say(text):
    print(f"justw: {text}", file=sys.stderr, flush=True)


def fail(text):
    say(text)
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        print(file=sys.stderr)
        say("interrupted; start again to go on")
        sys.exit(130)
    except OSError as error:
        fail(str(error))
