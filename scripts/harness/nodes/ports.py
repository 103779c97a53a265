"""Free loopback ports for a cluster, side by side so that they are easy to read and to type.

Taken from below the range out of which the system gives ports by itself: a node that is away for a
moment finds its own port still free when it returns.
"""

import random
import socket
from pathlib import Path
from typing import List

_LOWEST = 20_000
_USUAL_END = 32_000


def free_block(count: int, choice: random.Random, host: str = "127.0.0.1") -> List[int]:
    """`count` consecutive ports that are free for UDP and TCP just now."""
    end = max(_LOWEST + 2 * count, min(_USUAL_END, _automatic_range_start()))
    for _ in range(200):
        first = choice.randrange(_LOWEST, end - count)
        block = list(range(first, first + count))
        if all(_is_free(host, port) for port in block):
            return block
    raise OSError(f"found no {count} free ports side by side between {_LOWEST} and {end}")


def _automatic_range_start() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
        return int(text.split()[0])
    except (OSError, ValueError, IndexError):
        return _USUAL_END


def _is_free(host: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
