"""Iridium itself: agents that print JSON, commands by the control socket."""

import dataclasses
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from ...nodes.events import Event, Ready, parse_line
from . import Peer, asked


class Iridium(Peer):
    """The program that was built or given."""

    name = "iridium"

    def __init__(self, binary: Path, profile: str, lifelines: bool = True, name: str = "iridium"):
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
        arguments = [str(node.program or self._binary), "agent", "--json", "--name", node.alias]
        arguments += ["--bind", node.address, "--profile", self._profile]
        # An earlier program may not know the option.
        if not self._lifelines and node.program is None:
            arguments.append("--no-lifelines")
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

    def publish(self, node: Any, data: Path, values: Dict[str, Optional[str]]) -> None:
        removed = [key for key, value in values.items() if value is None]
        if removed:
            self._ask(node, data, {"command": "state-change", "remove": removed})
        for key, value in values.items():
            if value is not None:
                hexadecimal = value.encode().hex()
                self._ask(node, data, {"command": "state-change", "key": key, "hex": hexadecimal})

    def published(self, node: Any, data: Path) -> Dict[str, Dict[str, str]]:
        rows = self._ask(node, data, {"command": "state"})["members"]
        return {row["member"]: row["values"] for row in rows}

    @staticmethod
    def _ask(node: Any, data: Path, request: Dict[str, Any]) -> Dict[str, Any]:
        answer = asked(data / "run" / f"{node.name}.sock", request)
        if answer.get("schema") != f"iridium.{request['command']}/1":
            raise OSError(f"{node.name} refused '{request['command']}': {str(answer)[:200]}")
        return answer
