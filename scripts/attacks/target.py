"""The cluster under attack: real nodes of the program, on loopback."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from harness.nodes.cluster import clean_environment
from harness.nodes.control import Control
from harness.nodes.faketime import FalseClock
from harness.nodes.ports import free_block
from harness.nodes.process import ChildProcess
from wire.keys import ClusterSecrets, cluster_id, read_key_file

from .attack import Skipped

HOST = "127.0.0.1"
CLUSTER = b"default"


class Target:
    """Five nodes, n1 to n5. Close it, whatever happens."""

    def __init__(
        self, binary: Path, count: int = 5, host: str = HOST, wrapper: Sequence[str] = (),
        options: Sequence[str] = (),
    ):
        """`wrapper`: words before the command of each node, for example for a separate network; `options`: words
        behind it."""
        self._options = list(options)
        self.binary = binary
        self._host, self._wrapper = host, list(wrapper)
        self.data = Path(tempfile.mkdtemp(prefix="iridium-"))
        self.names = [f"n{number}" for number in range(1, count + 1)]
        self._environment = clean_environment(self.data)
        self.control = Control(binary, self.data, self._environment)
        self.key_file = self.data / "cluster.key"
        self.control.make_key(self.key_file)
        self.secrets = ClusterSecrets(read_key_file(self.key_file)[0], cluster_id(CLUSTER))
        self._choice = random.Random()
        self.ports: Dict[str, int] = dict(zip(self.names, free_block(count, self._choice)))
        # Where mallory's own sockets live.
        self._free: List[int] = []
        self.processes: Dict[str, ChildProcess] = {}

    # --- its life ---------------------------------------------------------------------------------

    def __enter__(self) -> "Target":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self) -> None:
        for name in self.names:
            self.start_one(name)
        if not self.wait(self.is_whole, 40):
            raise OSError("the cluster did not form")

    def start_one(
        self, name: str, key: Optional[Path] = None, options: List[str] = (),
        clock: Optional[FalseClock] = None, wrapper: Sequence[str] = (),
    ) -> None:
        arguments = [str(self.binary), "agent", "--json", "--name", name]
        arguments += ["--bind", f"{self._host}:{self.ports[name]}", "--profile", "local"]
        arguments += ["--key-file", str(key or self.key_file), "--data-root-dir", str(self.data)]
        for seed in self.names[:2]:
            if seed != name:
                arguments += ["--seed", f"{self._host}:{self.ports[seed]}"]
        self.processes[name] = ChildProcess(
            self._wrapper + list(wrapper) + (clock.wrapper if clock else []) + arguments + self._options + list(options),
            self.log(name),
            {**self._environment, **(clock.variables if clock else {})})

    def kill(self, name: str) -> None:
        self.processes[name].kill()

    def restart(self, name: str, clock: Optional[FalseClock] = None) -> None:
        """The same identity, a new boot; perhaps by a separate clock."""
        self.kill(name)
        self.start_one(name, clock=clock)
        self.wait(lambda: self._answers(name), 20)

    def _answers(self, name: str) -> bool:
        try:
            return "members" in self.ask(name, "members")
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        for process in self.processes.values():
            process.signal(signal.SIGKILL)
        for process in self.processes.values():
            process.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    # --- what it says -----------------------------------------------------------------------------

    def address(self, name: str) -> tuple:
        return self._host, self.ports[name]

    def free_port(self) -> int:
        if not self._free:
            # A node that is away for a moment does not hold its port.
            self._free = [port for port in free_block(100, self._choice)
                          if port not in self.ports.values()]
        return self._free.pop(0)

    def log(self, name: str) -> Path:
        return self.data / f"{name}.log"

    def ask(self, name: str, command: str) -> Dict[str, Any]:
        """By the control socket itself: a process for each question would take most of the time."""
        with socket.socket(socket.AF_UNIX) as one:
            # A debug build that has 500 invented members to look for answers late.
            one.settimeout(30)
            one.connect(str(self.data / "run" / f"{name}.sock"))
            one.sendall(json.dumps({"command": command}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                piece = one.recv(65536)
                if not piece:
                    break
                answer += piece
        return json.loads(answer)

    def status(self, name: str) -> Dict[str, Any]:
        return self.ask(name, "status")

    def members(self, name: str) -> List[Dict[str, Any]]:
        return self.ask(name, "members")["members"]

    def refused(self, name: str, *reasons: str) -> int:
        """How many datagrams that node has refused for these reasons, or for any."""
        counts = self.status(name)["refused"]
        # `frame-mac` is the gate's; the decoder's have no layer before them.
        return sum(count for reason, count in counts.items()
                   if not reasons or reason in reasons or reason[len("frame-") :] in reasons)

    def member(self, observer: str, name: str) -> Optional[Dict[str, Any]]:
        """One node's belief about another: about the living member with that name, if there are several."""
        found = [one for one in self.members(observer) if one["name"] == name]
        return max(found, key=lambda one: one["state"] == "alive", default=None)

    def state(self, observer: str, name: str) -> str:
        member = self.member(observer, name)
        return member["state"] if member else "unknown"

    def running(self) -> List[str]:
        return [name for name in self.names if self.processes[name].exit_status is None]

    def all_say(self, name: str, *states: str) -> bool:
        return all(self.state(one, name) in states for one in self.running() if one != name)

    def is_whole(self) -> bool:
        """Every node runs and holds every other alive."""
        try:
            return len(self.running()) == len(self.names) and all(
                {row["name"] for row in self.members(name) if row["state"] == "alive"}
                .issuperset(self.names) for name in self.names)
        except (OSError, KeyError, ValueError):
            # One that has just been started does not answer yet.
            return False

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.1)
        return condition()

    def process_files(self, name: str) -> Path:
        """The system's facts about its process."""
        path = Path(f"/proc/{self.processes[name].pid}")
        if not path.is_dir():
            raise Skipped("looking at a process needs /proc")
        return path

    def rotate(self) -> ClusterSecrets:
        """Changes the cluster key by its own command; gives back the old one, which is retired."""
        done = self.run("keys", "rotate", "--agent", "n1", "--data-root-dir", str(self.data), "--json")
        # A usage error: it knows no such command.
        if done.returncode == 64:
            raise Skipped("this program has no command to rotate a key")
        if done.returncode != 0:
            raise OSError(f"the rotation failed: {done.stderr.strip() or done.stdout.strip()}")
        old = self.secrets
        self.secrets = ClusterSecrets(read_key_file(self.key_file)[0], cluster_id(CLUSTER))
        if self.secrets.key == old.key:
            raise OSError("the key file holds the old key still")
        return old

    def processor_seconds(self, name: str) -> float:
        """The processor time that the process has used so far."""
        fields = (self.process_files(name) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self, name: str) -> int:
        text = (self.process_files(name) / "statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def events(self, name: str) -> List[Dict[str, Any]]:
        return [json.loads(line) for line in self.log(name).read_text().splitlines()
                if line.startswith("{")]

    def logged(self, name: str, fact: str) -> List[str]:
        """The values of this fact in the log of a node, oldest first."""
        return [event["facts"][fact] for event in self.events(name) if fact in event.get("facts", {})]

    def doubts(self) -> Tuple[int, int]:
        """How often any node has suspected another, and declared one failed."""
        kinds = [event.get("event") for name in self.names for event in self.events(name)]
        return kinds.count("suspected"), kinds.count("failed")

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """The program itself, as a person would."""
        return subprocess.run(
            [str(self.binary), *arguments], env=self._environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False, **options)
