"""Attacks of a stranger on the network, as a separate program: `python3 -m attacks.strangers HOW …`.

    scan HOST:PORT …         TCP connections to many ports, a datagram to each
    noise HOST:PORT …        random datagrams of 0 to 1,500 bytes; random bytes on TCP
    slow-loris HOST:PORT …   many TCP connections, a byte a second on each, never closed

Runs for --seconds and prints what it did as one JSON object. Only where the harness has put it: at the
nodes of the run.
"""

import argparse
import json
import random
import socket
import sys
import time
from typing import Dict, List, Tuple

Address = Tuple[str, int]

_SCANNED_PORTS = 4_000
_DATAGRAMS_PER_SECOND = 4_000
_CONNECTIONS_EACH = 200


def scan(targets: List[Address], seconds: float, dice: random.Random) -> Dict[str, int]:
    """Knocks at the ports around each target's own, the low ones and many others."""
    until = time.monotonic() + seconds
    tried = opened = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for host, port in targets:
            chosen = set(range(1, 1025)) | set(range(max(1, port - 50), port + 51))
            others = [number for number in range(1025, 65536) if number not in chosen]
            chosen |= set(dice.sample(others, _SCANNED_PORTS - len(chosen)))
            for number in sorted(chosen):
                if time.monotonic() > until:
                    break
                tried += 1
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                    tcp.settimeout(0.25)
                    opened += tcp.connect_ex((host, number)) == 0
                _send(udp, b"\x00\x01probe", (host, number))
    return {"tried": tried, "opened": opened}


def noise(targets: List[Address], seconds: float, dice: random.Random) -> Dict[str, int]:
    """Random bytes: most as datagrams, some on streams."""
    until = time.monotonic() + seconds
    began = time.monotonic()
    sent = streams = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        while time.monotonic() < until:
            for target in targets:
                # A true beginning (the version byte) takes some further into the reader.
                body = dice.randbytes(dice.randrange(0, 1472))
                start = bytes([dice.choice((0, 1, 2, 255))]) if dice.random() < 0.5 else b""
                _send(udp, start + body, target)
                sent += 1
            if sent % 500 < len(targets):
                streams += _shout(dice.choice(targets), dice.randbytes(dice.randrange(1, 4096)))
            ahead = sent / _DATAGRAMS_PER_SECOND - (time.monotonic() - began)
            if ahead > 0.01:
                time.sleep(ahead)
    return {"datagrams": sent, "streams": streams}


def slow_loris(targets: List[Address], seconds: float, dice: random.Random) -> Dict[str, int]:
    """Holds as many connections as it may and says almost nothing on them; opens others for closed ones."""
    until = time.monotonic() + seconds
    held: Dict[Address, List[socket.socket]] = {target: [] for target in targets}
    opened = closed = 0
    while True:
        for target, connections in held.items():
            alive = [link for link in connections if _drip(link, dice)]
            closed += len(connections) - len(alive)
            while len(alive) < _CONNECTIONS_EACH:
                link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                link.settimeout(0.2)
                if link.connect_ex(target) != 0:
                    link.close()
                    break
                link.setblocking(False)
                opened += 1
                alive.append(link)
            held[target] = alive
        # At least one round, however late we come to it.
        if time.monotonic() >= until:
            break
        time.sleep(min(1, max(0.0, until - time.monotonic())))
    most = min(len(connections) for connections in held.values())
    for connections in held.values():
        for link in connections:
            link.close()
    return {"opened": opened, "closed_by_them": closed, "held_at_the_end": most}


def _drip(link: socket.socket, dice: random.Random) -> bool:
    try:
        link.send(dice.randbytes(1))
        return link.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        link.close()
        return False


def _shout(target: Address, text: bytes) -> int:
    try:
        with socket.create_connection(target, timeout=0.2) as link:
            link.sendall(text)
        return 1
    except OSError:
        return 0


def _send(udp: socket.socket, text: bytes, target: Address) -> None:
    try:
        udp.sendto(text, target)
    except OSError:
        # An earlier datagram was refused; this one was not sent. It is noise either way.
        pass


HOW = {"scan": scan, "noise": noise, "slow-loris": slow_loris}


def main(arguments: List[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="attacks.strangers", description=__doc__)
    parser.add_argument("how", choices=sorted(HOW))
    parser.add_argument("targets", nargs="+", metavar="HOST:PORT")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seed", default="0")
    options = parser.parse_args(arguments)
    targets = [(host, int(port)) for host, _, port in (t.rpartition(":") for t in options.targets)]
    done = HOW[options.how](targets, options.seconds, random.Random(options.seed))
    print(json.dumps({"how": options.how, **done}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
