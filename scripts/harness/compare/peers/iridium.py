"""Iridium itself: agents that print JSON, commands by the control socket."""

import dataclasses
import json
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

from ...nodes.events import Event, Ready, parse_line
from . import Peer


class Iridium(Peer):
    """The program that was built or given."""

    name = "iridium"

    def __init__(self, binary: Path, profile: str, lifelines: bool = False, name: str = "iridium"):
        """`name` is another if two programs of it are compared."""
        self.name = name
        self._binary = binary
        self._profile = profile
        self._lifelines = lifelines

    def version(self) -> str:
        shown = subprocess.run(
            [str(self._binary), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
        return shown.stdout.strip().removeprefix("iridium ")

    def prepare(self, data: Path) -> None:
        done = subprocess.run(
            [str(self._binary), "keygen", "--out", str(data / "cluster.key")],
            capture_output=True, text=True, timeout=10, check=False,
        )
        if done.returncode != 0:
            raise OSError(f"iridium keygen failed: {done.stderr.strip()[:300]}")

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        arguments = [str(self._binary), "agent", "--json", "--name", node.alias]
        arguments += ["--bind", node.address, "--profile", self._profile]
        if self._lifelines:
            arguments.append("--lifelines")
        arguments += ["--data-root-dir", str(node.data or data)]
        if "--key-file" not in node.options:
            arguments += ["--key-file", str(data / "cluster.key")]
        arguments += node.options
        for seed in seeds:
            arguments += ["--seed", seed.address]
        return arguments

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        event = parse_line(line, observer, at)
        if isinstance(event, Event) and event.kind == "message":
            # A cell that waits for a message waits for its word, as with the other systems.
            return dataclasses.replace(event, member=event.text)
        return event

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        del network
        self._ask(node, data, {"command": "metadata", "text": text})

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        del network
        self._ask(node, data, {"command": "send", "text": text})
        return True

    @staticmethod
    def _ask(node: Any, data: Path, request: Dict[str, str]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(5)
            control.connect(str(data / "run" / f"{node.name}.sock"))
            control.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(control.makefile("rb").readline() or b"{}")
        if answer.get("schema") != f"iridium.{request['command']}/1":
            raise OSError(f"{node.name} refused '{request['command']}': {str(answer)[:200]}")
