"""Where the nodes of a run live: an address for each name, and how to start a process there.

On `Loopback` all nodes share 127.0.0.1 and differ by port: it needs no rights, but cannot change the
traffic between them. In `Namespaces` (module namespaces) each node has a separate network, which can
lose, block and count; that takes root on Linux with ip and nft. Scenarios that break the network are
skipped if only the first is available.
"""

import os
import random
import shutil
import socket
import sys
from typing import Any, Dict, Iterable, List, Optional, Tuple

from .namespaces import Namespaces, NetworkFailed
from .ports import free_block

LOOPBACK = "127.0.0.1"


class Loopback:
    """Every node on 127.0.0.1 at a separate port."""

    can_disturb = False

    def __init__(self, choice: random.Random):
        self._choice = choice
        self._ports: Dict[str, int] = {}

    def add(self, names: Iterable[str]) -> None:
        """Gives those names ports side by side; a name that has one gets another."""
        wanted = list(names)
        taken = set(self._ports.values())
        for _ in range(100):
            block = free_block(len(wanted), self._choice, LOOPBACK)
            if taken.isdisjoint(block):
                self._ports.update(zip(wanted, block))
                return
        raise OSError(f"found no {len(wanted)} free ports")

    def address(self, name: str) -> Tuple[str, int]:
        """Host and port, UDP and TCP."""
        return LOOPBACK, self._ports[name]

    def prefix(self, name: str) -> List[str]:
        """The words before a command that is to run at that node."""
        del name
        return []

    def connect(self, name: str, address: Tuple[str, int]) -> socket.socket:
        """A TCP connection; where it begins makes no difference here."""
        del name
        return socket.create_connection(address, timeout=5)

    def heal(self) -> None:
        """There is never anything to heal."""

    def close(self) -> None:
        """Nothing was made."""

    @property
    def text(self) -> str:
        """`127.0.0.1:20001-20005`."""
        ports = sorted(self._ports.values())
        if not ports:
            return LOOPBACK
        shown = f"{ports[0]}" if len(ports) == 1 else f"{ports[0]}-{ports[-1]}"
        return f"{LOOPBACK}:{shown}"


def missing_for_namespaces() -> Optional[str]:
    """Why there can be no namespaces here, in a few words; None if there can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are a thing of Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [tool for tool in ("ip", "nft", "nsenter") if shutil.which(tool) is None]
    return f"network namespaces need {' and '.join(missing)}" if missing else None


def make_network(disturbable: bool, seed: int) -> Any:
    """Namespaces if they are wanted and can be had, else loopback. Close it."""
    if disturbable and missing_for_namespaces() is None:
        try:
            return Namespaces()
        except NetworkFailed:
            # A container may be root and yet not be let.
            pass
    return Loopback(random.Random(f"{seed}/ports"))
