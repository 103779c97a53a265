"""Attacks on the remote prompt: which asks for neither key nor name."""

import socket
from typing import List

from .attack import OUTSIDE, Outcome, attack
from .target import HOST, Target

_CONNECTIONS = 32
# The heap grows to its end, and one word there is written: 64 MiB that are really used.
_GREEDY = b"load $1 #1023\nlui $1 #65000\naloc $1\nload $2 #1023\nlui $2 #64000\nsetm $2 $1\n"
_LABEL_BYTES, _LABELS = 8_000, 6_700


@attack("remote-shell-memory", OUTSIDE, "32 remote prompts, each with the largest heap, and labels without end",
        undefended="2,051 MiB by 32 connections; 113 MiB more for 53 MiB of labels, without an end")
def remote_shell_memory(target: Target) -> Outcome:
    port = target.free_port()
    target.ports["prompt"] = target.free_port()
    target.start_one("prompt", options=["-r", "--bind-port", str(port)])
    opened: List[socket.socket] = []
    try:
        if not target.wait(lambda: target.all_say("prompt", "alive"), 20):
            return Outcome(False, "the node with a remote prompt did not join")
        before = target.resident_bytes("prompt")
        labels = _define_labels(port, opened)
        of_labels = (target.resident_bytes("prompt") - before) >> 20
        answered = 0
        for _ in range(_CONNECTIONS):
            one = socket.create_connection((HOST, port), timeout=10)
            opened.append(one)
            one.sendall(_GREEDY)
            answered += _answers(one, 6)
        grown = (target.resident_bytes("prompt") - before) >> 20
        return Outcome(grown <= 100 and answered > 0,
                       f"{of_labels} MiB more for {labels >> 20} MiB of labels, {grown - of_labels} MiB more for the heaps of"
                       f" {_CONNECTIONS} connections, {answered} of whose {6 * _CONNECTIONS} lines were answered")
    finally:
        for one in opened:
            one.close()
        target.kill("prompt")
        del target.processes["prompt"], target.ports["prompt"]


def _answers(one: socket.socket, lines: int) -> int:
    """Prompts that came back: one for the greeting, one for each line."""
    one.settimeout(5)
    heard = b""
    try:
        while heard.count(b">>> ") < lines + 1:
            data = one.recv(65536)
            if not data:
                break
            heard += data
    except OSError:
        pass
    return max(0, heard.count(b">>> ") - 1)


def _define_labels(port: int, opened: List[socket.socket]) -> int:
    """The bytes that the other side took."""
    one = socket.create_connection((HOST, port), timeout=10)
    opened.append(one)
    one.settimeout(10)
    sent = 0
    try:
        for number in range(_LABELS):
            line = f"{number:08d}".encode().rjust(_LABEL_BYTES, b"x") + b": nop\n"
            one.sendall(line)
            sent += len(line)
            _drain(one)
    except OSError:
        pass
    return sent


def _drain(one: socket.socket) -> None:
    one.setblocking(False)
    try:
        while one.recv(65536):
            pass
    except BlockingIOError:
        pass
    finally:
        one.settimeout(10)
