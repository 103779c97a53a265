"""kinship, from the Python package index, in a separate virtual environment; its node is the small program
`kinship_agent` beside this file."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, List, Sequence, Union

from ...nodes.events import Event, Ready, parse_line
from . import Peer, Unavailable

_VERSION = "0.4.0"
_AGENT = Path(__file__).with_name("kinship_agent.py")


class Kinship(Peer):
    """LAN settings, encrypted."""

    name = "kinship"

    def __init__(self, environment: Path):
        """Installs it there if it is not. Throws `Unavailable`."""
        self._python = environment / "bin" / "python3"
        if not (environment / "installed").is_file():
            self._install(environment)
        self._key = self._run([str(self._python), "-m", "kinship", "keygen"])

    def _install(self, environment: Path) -> None:
        self._run([sys.executable, "-m", "venv", str(environment)])
        pip = [str(self._python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        self._run([*pip, f"kinship=={_VERSION}"])
        (environment / "installed").write_text(_VERSION + "\n")

    @staticmethod
    def _run(command: List[str]) -> str:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=180, check=True, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
            raise Unavailable(f"kinship cannot be installed by pip: {' '.join(said)[:200]}") from error
        return done.stdout.strip()

    def version(self) -> str:
        return f"kinship {_VERSION}"

    def prepare(self, data: Path) -> None:
        (data / "kinship.key").write_text(self._key + "\n")

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        # -I: this directory, where we have a module of the same name, is not searched.
        arguments = [str(self._python), "-I", str(_AGENT), node.name, node.address]
        arguments += [str(data / "kinship.key"), str(data / f"{node.name}.sock")]
        return arguments + [seed.address for seed in seeds]

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        # The agent speaks our own words.
        return parse_line(line, observer, at)

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        self._say(node, data, {"update": text})

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        self._say(node, data, {"message": text})
        return True

    @staticmethod
    def _say(node: Any, data: Path, body: dict) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.sendto(json.dumps(body).encode(), str(data / f"{node.name}.sock"))
