"""Iridium itself: agents that print JSON, commands by the control socket."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any, List, Sequence, Union

from ..events import Event, Ready, parse_line
from . import Peer


class Iridium(Peer):
    """The program that was built or given."""

    name = "iridium"

    def __init__(self, binary: Path, profile: str):
        self._binary = binary
        self._profile = profile

    def version(self) -> str:
        shown = subprocess.run(
            [str(self._binary), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
        return shown.stdout.strip()

    def prepare(self, data: Path) -> None:
        done = subprocess.run(
            [str(self._binary), "keygen", "--out", str(data / "cluster.key")],
            capture_output=True, text=True, timeout=10, check=False,
        )
        if done.returncode != 0:
            raise OSError(f"iridium keygen failed: {done.stderr.strip()[:300]}")

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        arguments = [str(self._binary), "agent", "--json", "--name", node.name]
        arguments += ["--bind", node.address, "--profile", self._profile]
        arguments += ["--data-root-dir", str(node.data or data)]
        if "--key-file" not in node.options:
            arguments += ["--key-file", str(data / "cluster.key")]
        arguments += node.options
        for seed in seeds:
            arguments += ["--seed", seed.address]
        return arguments

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        return parse_line(line, observer, at)

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        del network
        path = str(data / "run" / f"{node.name}.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(5)
            control.connect(path)
            control.sendall(json.dumps({"command": "metadata", "text": text}).encode() + b"\n")
            answer = json.loads(control.makefile("rb").readline() or b"{}")
        if answer.get("schema") != "iridium.metadata/1":
            raise OSError(f"{node.name} did not take new metadata: {str(answer)[:200]}")

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        # The library has it; an agent has no command for it.
        return False
