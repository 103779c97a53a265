"""A service on HashiCorp's memberlist, as Debian packages the library; its node is the program in
`memberlist_agent` beside this file, compiled by Debian's Go.

It has the library's LAN settings, is encrypted, and spreads the state of the application in the usual way: a
broadcast with the library's queue, passed on by each member that learns something from it, and an exchange of
whole states every 30 s. `python3 -m harness.compare.peers.memberlist MEMBERS SECONDS` measures many members in
one process.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from ...nodes.events import Event, Ready, parse_line
from ...suite.build import OUT
from ...suite.install import PACKAGES
from . import Peer, Unavailable, asked

LIBRARY = "/usr/share/gocode/src/github.com/hashicorp/memberlist"
_SOURCES = Path(__file__).with_name("memberlist_agent")
# The first build compiles the library as well.
_BUILD_SECONDS = 300


class Memberlist(Peer):
    """Compiles the program. Throws `Unavailable`."""

    name = "memberlist"

    def __init__(self, place: Path):
        self.binary = place / "memberlist-agent"
        self._build(place)

    def _build(self, place: Path) -> None:
        environment = {
            **os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
            "GOCACHE": str(place / "cache"),
        }
        try:
            subprocess.run(
                ["go", "build", "-o", str(self.binary), "."], cwd=_SOURCES, env=environment,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[:1]
            packages = f"{PACKAGES['go']} {PACKAGES[LIBRARY]}"
            raise Unavailable(
                f"memberlist-agent does not build ({' '.join(said)[:200]}): apt-get install {packages}"
            ) from error

    def version(self) -> str:
        try:
            shown = subprocess.run(
                ["dpkg-query", "-W", "-f", "${Version}", PACKAGES[LIBRARY]],
                capture_output=True, text=True, timeout=10, check=False,
            ).stdout
        except OSError:
            shown = ""
        return f"memberlist {shown or '?'}"

    def prepare(self, data: Path) -> None:
        (data / "memberlist.key").write_text(base64.b64encode(os.urandom(32)).decode() + "\n")

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        arguments = [str(self.binary), node.name, node.address, str(data / "memberlist.key")]
        return [*arguments, str(_socket(node, data)), *(seed.address for seed in seeds)]

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        # The program speaks our own words.
        return parse_line(line, observer, at)

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        self.publish(node, data, {"text": text})

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        return False

    def publish(self, node: Any, data: Path, values: Dict[str, Optional[str]]) -> None:
        set_values = {key: value for key, value in values.items() if value is not None}
        removed = [key for key, value in values.items() if value is None]
        asked(_socket(node, data), {"set": set_values, "remove": removed})

    def published(self, node: Any, data: Path) -> Dict[str, Dict[str, str]]:
        return asked(_socket(node, data), {"get": True})["members"]


def _socket(node: Any, data: Path) -> Path:
    return data / f"{node.name}.sock"


def main(arguments: List[str]) -> int:
    """Many members in one process."""
    try:
        binary = Memberlist(OUT / "memberlist").binary
    except Unavailable as reason:
        sys.stderr.write(f"memberlist: {reason}\n")
        return 69
    return subprocess.run([str(binary), "crowd", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
