"""A Slurm cluster of several nodes on this machine, for tests: everything it has lies in one folder.

Usage: tools/slurm.py start DIR [NODES [CPUS]]    three nodes of two CPUs, n1 to n3; prints what to export
       tools/slurm.py stop DIR
       tools/slurm.py kill-node DIR NAME          kill -9 of its slurmd and all that runs there
       tools/slurm.py start-node DIR NAME
       tools/slurm.py kill-controller DIR         kill -9 of slurmctld
       tools/slurm.py start-controller DIR        from its saved state
       tools/slurm.py forget DIR                  kill -9 of slurmctld, its saved state wiped, start

It needs slurm-wlm and munge (`apt-get install --no-install-recommends slurm-wlm munge`), no systemd, no cgroups. Memory
and cards are not confined, and CPUs are only counted: a node may have more than the machine.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PORT = int(os.environ.get("BAKEOFF_SLURM_PORT", "16817"))

CONF = """\
ClusterName=bakeoff
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# Requeued elements wait until old credentials have expired: two minutes by default.
AuthInfo=socket={dir}/munge.socket,cred_expire=5
CryptoType=crypto/munge
SlurmctldPort={port}
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool.%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd.%n.pid
SlurmctldLogFile={dir}/log/slurmctld.log
SlurmdLogFile={dir}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={dir}/log/jobcomp.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=5
KillWait=2
MinJobAge=300
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=1000,batch_sched_delay=0,default_queue_depth=1000
DefMemPerCPU=100
SlurmdParameters=config_overrides
{nodes}
PartitionName=debug Nodes=n[1-{n}] Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    def __init__(self, folder):
        self.dir = Path(folder).resolve()
        self.env = {"SLURM_CONF": str(self.dir / "slurm.conf")}

    def start(self, n_nodes=3, cpus=2):
        for name in ["state", "log", "munge", "pids"]:
            (self.dir / name).mkdir(parents=True)
        self.dir.chmod(0o755)
        (self.dir / "munge").chmod(0o700)
        key = self.dir / "munge/munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        host = socket.gethostname().split(".")[0]
        node = "NodeName=n{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=4000"
        nodes = [node.format(i=i, host=host, port=PORT + i, cpus=cpus) for i in range(1, n_nodes + 1)]
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        conf = CONF.format(dir=self.dir, host=host, user=user, port=PORT, n=n_nodes, nodes="\n".join(nodes))
        (self.dir / "slurm.conf").write_text(conf)
        # --force: folders above a temporary one may be writable by others.
        self._spawn("munged", "munged", "--foreground", "--force", f"--key-file={key}",
                    f"--socket={self.dir}/munge.socket", f"--pid-file={self.dir}/munged.pid",
                    f"--log-file={self.dir}/munge/munged.log", f"--seed-file={self.dir}/munge/seed")
        self._until(lambda: (self.dir / "munge.socket").exists(), "munged is up")
        self.start_controller()
        for i in range(1, n_nodes + 1):
            self.start_node(f"n{i}")
        idle = lambda: self.run("sinfo", "-h", "-N", "-r", "-t", "idle", "-o", "%N").split()
        self._until(lambda: len(idle()) == n_nodes, "every node is idle")

    def stop(self):
        for pid in sorted((self.dir / "pids").glob("n[0-9]*")):
            self.kill_node(pid.name)
        self._kill("slurmctld")
        self._kill("munged")
        # Those that still want to report to it.
        for pid in processes():
            if "slurmstepd" in title(pid) and environ(pid).get("SLURM_CONF") == self.env["SLURM_CONF"]:
                kill(pid)

    def start_node(self, name):
        (self.dir / f"spool.{name}").mkdir(exist_ok=True)
        self._spawn(name, "slurmd", "-D", "-f", self.env["SLURM_CONF"], "-N", name)

    def kill_node(self, name):
        """The daemon, then those that watch over what runs there, then that: nobody lives to tell."""
        self._kill(name)
        pids = [pid for pid in processes() if environ(pid).get("SLURMD_NODENAME") == name and self._owns(pid)]
        watchers = {parent(pid) for pid in pids} - set(pids) - {0, 1, os.getpid()}
        for pid in [pid for pid in watchers if "slurmstepd" in title(pid)] + pids:
            kill(pid)

    def kill_controller(self):
        self._kill("slurmctld")

    def start_controller(self):
        self._spawn("slurmctld", "slurmctld", "-D", "-f", self.env["SLURM_CONF"])
        self._until(lambda: "UP" in self.run("scontrol", "ping"), "slurmctld answers")

    def resume(self):
        """What an administrator does after a controller has lost its memory: nodes that still ran what it forgot are
        drained by Slurm."""
        for node in self.run("sinfo", "-h", "-N", "-r", "-t", "drain", "-o", "%N").split():
            self.run("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def forget(self):
        self.kill_controller()
        shutil.rmtree(self.dir / "state")
        (self.dir / "state").mkdir()
        self.start_controller()

    def run(self, *command):
        """What one of Slurm's commands prints."""
        done = subprocess.run(command, env=os.environ | self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        return done.stdout

    def workers(self, store):
        """The processes of a store's elements, each with its node and its command line, and the workers below them."""
        ours = [pid for pid in processes() if "SLURM_ARRAY_TASK_ID" in environ(pid) and self._owns(pid)]
        return [(pid, environ(pid)["SLURMD_NODENAME"], title(pid)) for pid in ours
                if str(store) in title(pid) + title(parent(pid))]

    def _owns(self, pid):
        return environ(pid).get("SLURM_CONF", self.env["SLURM_CONF"]) == self.env["SLURM_CONF"]

    def _spawn(self, name, *command):
        log = open(self.dir / f"log/{name}.out", "ab")
        child = subprocess.Popen(command, env=os.environ | self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True)
        (self.dir / "pids" / name).write_text(str(child.pid))

    def _kill(self, name):
        pid = self.dir / "pids" / name
        if pid.exists():
            kill(int(pid.read_text()))
            pid.unlink()

    def _until(self, is_true, what, secs=30):
        until(is_true, f"{what}; see {self.dir}/log", secs)


def until(is_true, what, secs=60):
    deadline = time.monotonic() + secs
    while not is_true():
        if time.monotonic() > deadline:
            raise SystemExit(f"after {secs} s it is not so that {what}")
        time.sleep(0.1)


def processes():
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def environ(pid):
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def title(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main(command=None, folder=None, *rest):
    if command is None or folder is None:
        sys.exit(__doc__)
    cluster = Cluster(folder)
    if command == "start":
        cluster.start(*map(int, rest))
        print(f"export SLURM_CONF={cluster.env['SLURM_CONF']}")
    elif command in ["stop", "kill-node", "start-node", "kill-controller", "start-controller", "forget"]:
        getattr(cluster, command.replace("-", "_"))(*rest)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
