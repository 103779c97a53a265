"""A small separate network: one network namespace per node, joined by a bridge in one more.

    node n1            hub              node n2
    eth0 10.99.0.1 ── veth ─ bridge ─ veth ── eth0 10.99.0.2

Nothing of it touches the machine's own network, and it goes with its namespaces. Faults are nftables
rules on what a node *receives*, so that a sender's counters still show what it sent. Each namespace
carries the pid and the start of its harness in its name: what a harness that was killed has left behind
is recognised and removed by the next.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from .process import ProcessIdentity

_PREFIX = "iridium-"
_PLACE = Path("/run/netns")
_PORT = 2254
_AT_ONCE = 16
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None

_TABLE = """
add table inet harness
add counter inet harness udp_in
add counter inet harness udp_out
add counter inet harness tcp_in
add counter inet harness tcp_out
add chain inet harness count_in { type filter hook input priority -20 ; }
add chain inet harness count_out { type filter hook output priority -20 ; }
add chain inet harness faults { type filter hook input priority 0 ; }
add rule inet harness count_in iifname != "lo" meta l4proto udp counter name udp_in
add rule inet harness count_in iifname != "lo" meta l4proto tcp counter name tcp_in
add rule inet harness count_out oifname != "lo" meta l4proto udp counter name udp_out
add rule inet harness count_out oifname != "lo" meta l4proto tcp counter name tcp_out
"""


class NetworkFailed(OSError):
    """A command that makes or changes the network failed; the text says which and why."""


@dataclass(frozen=True)
class Loss:
    """Packets that `target` no longer receives: from these senders (None: from all), of "udp", "tcp" or both
    (None), this percentage. `refuse`: TCP only, and a reset is the answer to new ones."""

    target: str
    sources: Optional[Tuple[str, ...]] = None
    protocol: Optional[str] = None
    percent: int = 100
    refuse: bool = False


class Namespaces:
    """Close it, whatever happens."""

    can_disturb = True

    def __init__(self) -> None:
        """Removes what earlier harnesses left, and makes the hub. Throws `NetworkFailed`."""
        remove_abandoned()
        identity = ProcessIdentity.of(os.getpid())
        self._mark = f"{_PREFIX}{os.getpid()}-{identity.started if identity else 0}-"
        self._numbers: Dict[str, int] = {}
        self._faults: Dict[int, List[Loss]] = {}
        self._last_fault = 0
        self._lock = threading.Lock()
        _run(["ip", "netns", "add", self._space("hub")])
        try:
            self._inside("hub", "ip link add br0 type bridge && ip link set br0 up")
        except NetworkFailed:
            self.close()
            raise

    # --- places -----------------------------------------------------------------------------------

    def add(self, names: Iterable[str]) -> None:
        """Makes a place for each; one that has a place keeps it."""
        fresh = [name for name in names if name not in self._numbers]
        for name in fresh:
            self._numbers[name] = max(self._numbers.values(), default=0) + 1
        hub = self._space("hub")
        _batch([], [f"netns add {self._space(name)}" for name in fresh])
        links = []
        for name in fresh:
            port = f"v{self._numbers[name]}"
            links.append(f"link add {port} type veth peer name eth0 netns {self._space(name)}")
            links.append(f"link set {port} master br0 up")
        _batch(["-n", hub], links)
        self._each({name: (self._setting_up(name), "") for name in fresh})
        self._each({name: ("nft -f -", _TABLE) for name in fresh})
        self._introduce(fresh)

    def _introduce(self, fresh: List[str]) -> None:
        """Tells all the hardware addresses of all. The table in which they would otherwise look them
        up is one for the whole machine, and 64 nodes that look up 64 others overflow it."""
        known: Dict[str, Tuple[str, str]] = {}
        for name in self._numbers:
            others = [other for other in (self._numbers if name in fresh else fresh) if other != name]
            lines = [
                f"neigh replace {self.address(other)[0]} lladdr {self._hardware(other)} dev eth0 nud permanent"
                for other in others
            ]
            known[name] = ("ip -batch -", "\n".join([*lines, ""]))
        self._each(known)

    def _hardware(self, name: str) -> str:
        number = self._numbers[name]
        return f"02:99:00:00:{number >> 8:02x}:{number & 255:02x}"

    def _setting_up(self, name: str) -> str:
        return (
            "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up; "
            f"ip link set eth0 address {self._hardware(name)}; ip addr add {self.address(name)[0]}/16 dev eth0; ip link set eth0 up"
        )

    def address(self, name: str) -> Tuple[str, int]:
        """Host and port, UDP and TCP: a host each, so the port is the same for all."""
        number = self._numbers[name]
        return f"10.99.{number // 250}.{number % 250 + 1}", _PORT

    def prefix(self, name: str) -> List[str]:
        """The words before a command that is to run at that node."""
        return ["nsenter", f"--net={_PLACE / self._space(name)}", "--"]

    @property
    def text(self) -> str:
        """Where the nodes are."""
        return "10.99.0.0/16 in network namespaces"

    def connect(self, name: str, address: Tuple[str, int]) -> socket.socket:
        """A TCP connection that begins where that node is. It goes on when this call has ended, for a
        socket belongs to the network it was made in."""
        made: List[Any] = []

        def call() -> None:
            # A thread may enter a separate network, for as long as it lives.
            with open(_PLACE / self._space(name), "rb") as space:
                if _libc.setns(space.fileno(), _CLONE_NEWNET) != 0:
                    made.append(NetworkFailed(f"cannot enter the network of {name}"))
                    return
            try:
                made.append(socket.create_connection(address, timeout=5))
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=call, name="connect")
        thread.start()
        thread.join()
        if isinstance(made[0], Exception):
            raise made[0]
        return made[0]

    def add_address_of_six(self, name: str) -> str:
        """Gives that node an IPv6 address beside its other one; no other node has any."""
        address = f"fd99::{self._numbers[name] + 1:x}"
        self._inside(name, "echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6; "
                           "echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; "
                           f"ip addr add {address}/64 dev eth0 nodad")
        return address

    # --- faults -----------------------------------------------------------------------------------

    def disturb(self, losses: Sequence[Loss]) -> int:
        """From now on, beside what is lost already. Gives back a number for `lift`."""
        with self._lock:
            self._last_fault += 1
            self._faults[self._last_fault] = list(losses)
            self._enforce({loss.target for loss in losses})
            return self._last_fault

    def lift(self, fault: int) -> None:
        """Ends that disturbance; one that was ended already is no error."""
        with self._lock:
            self._enforce({loss.target for loss in self._faults.pop(fault, [])})

    def heal(self) -> None:
        """Ends all disturbances."""
        with self._lock:
            targets = {loss.target for losses in self._faults.values() for loss in losses}
            self._faults.clear()
            self._enforce(targets)

    def split(self, group: Sequence[str], rest: Sequence[str]) -> int:
        """No packet passes between the two, either way."""
        return self.disturb(
            [Loss(name, tuple(rest)) for name in group] + [Loss(name, tuple(group)) for name in rest]
        )

    def _enforce(self, targets: Iterable[str]) -> None:
        held = [loss for losses in self._faults.values() for loss in losses]
        scripts = {}
        for target in targets:
            rules = [self._rule(loss) for loss in held if loss.target == target]
            scripts[target] = ("nft -f -", "\n".join(["flush chain inet harness faults", *rules, ""]))
        self._each(scripts)

    def _rule(self, loss: Loss) -> str:
        parts = ['add rule inet harness faults iifname != "lo"']
        if loss.sources is not None:
            senders = ", ".join(self.address(name)[0] for name in loss.sources)
            parts.append(f"ip saddr {{ {senders} }}")
        if loss.refuse:
            return " ".join([*parts, "tcp flags & (syn | ack) == syn reject with tcp reset"])
        if loss.protocol is not None:
            parts.append(f"meta l4proto {loss.protocol}")
        if loss.percent < 100:
            parts.append(f"numgen random mod 100 < {loss.percent}")
        return " ".join([*parts, "drop"])

    def reset_connections(self, names: Sequence[str]) -> int:
        """Resets all TCP connections of those nodes, as a middlebox does that forgets them; how many."""
        script = (
            "ss -Htn state established | wc -l; "
            f"ss -Kn state established '( sport = :{_PORT} or dport = :{_PORT} )' >/dev/null"
        )
        return sum(int(self._inside(name, script).split()[0]) for name in names) // 2

    # --- counters ---------------------------------------------------------------------------------

    def counted(self, name: str) -> Dict[str, Tuple[int, int]]:
        """Packets and bytes (with IP headers) so far: udp_in, udp_out, tcp_in, tcp_out."""
        shown = self._inside(name, "nft -j list counters")
        return {
            entry["counter"]["name"]: (entry["counter"]["packets"], entry["counter"]["bytes"])
            for entry in json.loads(shown)["nftables"]
            if "counter" in entry
        }

    # --- ending -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Removes all of it; the processes in it should have ended."""
        _remove([self._space("hub"), *(self._space(name) for name in self._numbers)])

    # --- inside -----------------------------------------------------------------------------------

    def _space(self, name: str) -> str:
        return self._mark + name

    def _inside(self, name: str, script: str) -> str:
        return _run([*self.prefix(name), "sh", "-c", script])

    def _each(self, scripts: Dict[str, Tuple[str, str]]) -> None:
        """Runs a script with an input in each of those places, several at once."""
        waiting = list(scripts.items())
        while waiting:
            now, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            running = [
                (_start([*self.prefix(name), "sh", "-c", script]), text) for name, (script, text) in now
            ]
            for process, text in running:
                _finish(process, text)


def remove_abandoned() -> None:
    """Removes the namespaces of harnesses that do not run any more."""
    left = []
    for path in _PLACE.glob(f"{_PREFIX}*-*-*") if _PLACE.is_dir() else []:
        pid, started = path.name[len(_PREFIX) :].split("-")[:2]
        if pid.isdigit() and not ProcessIdentity(int(pid), started).is_running():
            left.append(path.name)
    _remove(left)


def _remove(spaces: List[str]) -> None:
    there = [space for space in spaces if (_PLACE / space).exists()]
    if there:
        _batch(["-force"], [f"netns delete {space}" for space in there], check=False)


def _batch(options: List[str], lines: List[str], check: bool = True) -> None:
    if lines:
        process = _start(["ip", *options, "-batch", "-"])
        _finish(process, "\n".join(lines) + "\n", check)


def _run(command: List[str], text: str = "") -> str:
    return _finish(_start(command), text)


def _start(command: List[str]) -> subprocess.Popen:
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )


def _finish(process: subprocess.Popen, text: str, check: bool = True) -> str:
    try:
        shown, complaint = process.communicate(text, timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise NetworkFailed(f"'{' '.join(process.args)}' gave no answer in 60 s") from None
    if check and process.returncode != 0:
        reason = complaint.strip().splitlines()[:2]
        raise NetworkFailed(f"'{' '.join(process.args)}' failed: {' / '.join(reason)}")
    return shown
