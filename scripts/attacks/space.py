"""A separate network in which one machine has many addresses. It shows attacks of a stranger on a network that
loopback cannot show, because every node trusts loopback a little more."""

import ctypes
import os
import socket
import subprocess
import sys
import threading
from typing import Any, Callable, List, Optional

from harness.nodes.namespaces import remove_abandoned
from harness.nodes.process import ProcessIdentity

from .attack import Skipped

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None

NODE = "10.98.0.1"
HONEST = "10.98.200.1"


def stranger(number: int) -> str:
    """An address in a network that no other stranger shares."""
    return f"10.98.{number + 1}.1"


class Space:
    """Leave it, whatever happens; the namespace goes with it."""

    def __init__(self, strangers: int):
        self._addresses = [NODE, HONEST, *(stranger(number) for number in range(strangers))]
        identity = ProcessIdentity.of(os.getpid())
        # The form of the harness, so that what a killed run has left behind is removed by the next.
        self._name = f"iridium-{os.getpid()}-{identity.started if identity else 0}-space"

    def __enter__(self) -> "Space":
        if _libc is None or os.geteuid() != 0:
            raise Skipped("a network with many addresses needs root on Linux")
        remove_abandoned()
        lines = [f"addr add {address}/32 dev lo" for address in self._addresses]
        try:
            _ip("netns", "add", self._name)
            _ip("-n", self._name, "link", "set", "lo", "up")
            _ip("-n", self._name, "-batch", "-", text="\n".join(lines))
        except (OSError, subprocess.SubprocessError) as error:
            self.__exit__()
            raise Skipped(f"no network namespace can be made here: {error}") from None
        return self

    def __exit__(self, *_) -> None:
        subprocess.run(["ip", "netns", "delete", self._name], capture_output=True, check=False)

    @property
    def wrapper(self) -> List[str]:
        """The words before a command that is to run inside."""
        return ["ip", "netns", "exec", self._name]

    def run(self, what: Callable[[], Any]) -> Any:
        """Inside, in a thread that stays there; gives back what it gives back."""
        done: List[Any] = []

        def inside() -> None:
            try:
                with open(f"/run/netns/{self._name}", "rb") as space:
                    if _libc.setns(space.fileno(), _CLONE_NEWNET) != 0:
                        raise OSError("cannot enter the namespace")
                done.append(what())
            except BaseException as error:  # pylint: disable=broad-except
                done.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(done[0], BaseException):
            raise done[0]
        return done[0]


def connect(address: tuple, source: str, timeout: float = 3) -> Optional[socket.socket]:
    """From one of the addresses; None if the other side does not let us in."""
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.settimeout(timeout)
    try:
        one.bind((source, 0))
        one.connect(address)
        return one
    except OSError:
        one.close()
        return None


def _ip(*arguments: str, text: str = "") -> None:
    subprocess.run(["ip", *arguments], input=text, text=True, capture_output=True, timeout=20, check=True)
