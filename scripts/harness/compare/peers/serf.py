"""HashiCorp's serf (memberlist), as Debian packages it: its log lines, its RPC.

The RPC is MessagePack on TCP. We say three short things, so the few bytes that takes are written here:
a map is 0x80 and its length, a string 0xa0 and its length, small numbers are themselves.
"""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

from ...nodes.events import Event, Ready
from . import Peer, Unavailable

_RPC = ("127.0.0.1", 7373)
_MEMBER = re.compile(rb"serf: EventMember(Join|Failed|Leave|Update): (\S+)")
_SUSPECT = re.compile(rb"memberlist: Suspect (\S+) has failed")
_MESSAGE = re.compile(rb"agent: Received event: user-event: (\S+)")
_READY = b"Serf agent running!"
_KIND = {b"Join": "joined", b"Failed": "failed", b"Leave": "left", b"Update": "updated"}
_STATE = {"joined": "alive", "updated": "alive", "failed": "dead", "left": "left"}


class Serf(Peer):
    """The program `serf`, encrypted, LAN settings."""

    name = "serf"
    # SIGTERM ends it without a goodbye.
    leave_signal = signal.SIGINT

    def __init__(self) -> None:
        """Throws `Unavailable`."""
        found = shutil.which("serf")
        if found is None:
            raise Unavailable("serf is not installed: apt-get install serf")
        self._binary = found
        self._key = base64.b64encode(os.urandom(32)).decode()
        self._connections: Dict[str, socket.socket] = {}

    def version(self) -> str:
        shown = subprocess.run(
            [self._binary, "version"], capture_output=True, text=True, timeout=10, check=False
        )
        return (shown.stdout.splitlines() or ["?"])[0].strip()

    def prepare(self, data: Path) -> None:
        del data

    def command(self, node: Any, seeds: Sequence[Any], data: Path) -> List[str]:
        del data
        arguments = [self._binary, "agent", f"-node={node.name}", f"-bind={node.address}"]
        arguments += [f"-encrypt={self._key}", f"-rpc-addr={_RPC[0]}:{_RPC[1]}", "-profile=lan"]
        arguments += ["-retry-interval=1s", *(f"-retry-join={seed.address}" for seed in seeds)]
        return arguments

    def parse(self, line: bytes, observer: str, at: float) -> Union[Ready, Event, None]:
        if member := _MEMBER.search(line):
            kind = _KIND[member.group(1)]
            return Event(at, observer, member.group(2).decode(), kind, _STATE[kind], 0)
        if suspect := _SUSPECT.search(line):
            # Its log never says that a suspicion was refuted; so this is an event, and no state that
            # would last for ever.
            return Event(at, observer, suspect.group(1).decode(), "suspected", None, 0)
        if message := _MESSAGE.search(line):
            return Event(at, observer, message.group(1).decode(), "message", None, 0)
        if _READY in line:
            return Ready(observer, "", "", "", 0, "")
        return None

    def update(self, node: Any, network: Any, data: Path, text: str) -> None:
        self._say(node, network, "tags", {"Tags": {"text": text}, "DeleteTags": []})

    def message(self, node: Any, network: Any, data: Path, text: str) -> bool:
        self._say(node, network, "event", {"Name": text, "Payload": "x", "Coalesce": False})
        return True

    def forget_connections(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _say(self, node: Any, network: Any, command: str, body: Dict[str, Any]) -> None:
        link = self._connections.get(node.name)
        if link is None:
            link = network.connect(node.name, _RPC)
            self._connections[node.name] = link
            self._ask(link, "handshake", {"Version": 1})
        self._ask(link, command, body)

    @staticmethod
    def _ask(link: socket.socket, command: str, body: Dict[str, Any]) -> None:
        link.sendall(packed({"Command": command, "Seq": 1}) + packed(body))
        answer = link.recv(4096)
        # {"Seq": 1, "Error": ""} in some order.
        if b"Error\xa0" not in answer:
            raise OSError(f"serf refused '{command}': {answer[:200]!r}")


def packed(value: Any) -> bytes:
    """MessagePack of small maps, lists, strings, booleans and numbers below 128."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value])
    if isinstance(value, str):
        text = value.encode()
        head = bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xda" + len(text).to_bytes(2, "big")
        return head + text
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(packed(part) for part in value)
    fields = [packed(key) + packed(part) for key, part in value.items()]
    return bytes([0x80 | len(fields)]) + b"".join(fields)
