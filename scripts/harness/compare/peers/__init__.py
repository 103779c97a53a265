"""Systems that do the same work, each behind the same few questions: how to start a node, what a line of
its output says, how it is asked to leave and to change what it tells about itself.

The measurements read the output of their processes, so all are measured alike. Commands go to a node by
its own open connection, without a process in between that would take longer to start than the news takes
to spread.
"""

import json
import socket
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from ...nodes.events import Event, Ready


class Unavailable(Exception):
    """This system cannot be had here; the text says what would help."""


class Peer:
    """One system. A node is a `cluster.Node`, its data a directory that all nodes of the run share."""

    name = ""
    # The signal by which a node is asked to say goodbye and end.
    leave_signal = 15

    def version(self) -> str:
        """As it tells it."""
        raise NotImplementedError

    def prepare(self, data: Path) -> None:
        """Makes the key, before the first start."""
        raise NotImplementedError

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        """The command that starts that node."""
        raise NotImplementedError

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        """The event in a line of a node's output, in our words; None if there is none."""
        raise NotImplementedError

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        """Changes what the node tells about itself. Throws `OSError`."""
        raise NotImplementedError

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        """Sends a message to all; False if the system has no command for it. Throws `OSError`."""
        raise NotImplementedError

    def publish(self, node: Any, data: Path, values: Dict[str, Optional[str]]) -> None:
        """Has the node publish those values for all, and remove those that are None. Throws `OSError`, and
        `NotImplementedError` if the system has nothing of the kind."""
        raise NotImplementedError(f"{self.name} has no state that members publish")

    def published(self, node: Any, data: Path) -> Dict[str, Dict[str, str]]:
        """The values that the node holds of each member that lives in its view. Throws as `publish`."""
        raise NotImplementedError(f"{self.name} has no state that members publish")

    def forget_connections(self) -> None:
        """Before the nodes are ended."""


def asked(path: Path, request: Dict[str, Any]) -> Dict[str, Any]:
    """The answer to one line of JSON on a control socket. Throws `OSError`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(5)
        control.connect(str(path))
        control.sendall(json.dumps(request).encode() + b"\n")
        line = control.makefile("rb").readline()
    try:
        answer = json.loads(line)
    except ValueError:
        raise OSError(f"no answer by {path.name} to {str(request)[:200]}") from None
    if not isinstance(answer, dict):
        raise OSError(f"no object by {path.name}: {line[:200]!r}")
    return answer
