"""How long things may take before a scenario fails, in one place.

These are limits for a busy machine of two cores, not goals: a run under its goal passes, a run over
its limit is wrong. The timing profile decides most of them, for the tolerance (how long a member may
be silent before it may count as dead) differs by profile. Specs/Protocol.md, "Profiles".
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """All in seconds, but where the name says otherwise."""

    # A stop this long must pass unseen: shorter than the profile's tolerance.
    short_pause: float
    # A stop this long must be noticed by all.
    long_pause: float
    # From the end of a process on a machine that runs on until the last observer says dead: with lifelines, less than
    # the tolerance, which silence alone would take.
    crash_known: float
    # From SIGSTOP, or the end of a process without a sign, until the last observer says dead.
    death_known: float
    # From SIGCONT, or from the start of a process that was away, until the last observer says alive.
    return_known: float
    # From SIGTERM until the last observer says left.
    leave_known: float = 2.0
    # From SIGTERM until the process has ended: it waits at most 5 s for an answer to its goodbye.
    leave_ended: float = 6.0
    # From the start of a process until its sockets are bound.
    ready: float = 15.0
    # The same while a third of the cluster dies at once: a prober finds its relays dead too.
    many_deaths_known: float = 12.0
    # From the start of a process without its identity: its old self must be known dead first.
    anew_known: float = 15.0
    # Under random faults: no healthy node is dead to another healthy node for longer than this.
    dead_bound: float = 10.0
    # From the order to replace the key until all have confirmed every step.
    rotated: float = 10.0
    # After an attack: how much more memory a node may hold.
    growth_mebibytes: float = 24.0
    # After a change is known, until all view digests are equal.
    views_equal: float = 5.0
    # Idle: what one node may use, as a mean over the nodes.
    idle_bytes_per_second: float = 1000.0
    idle_resident_mebibytes: float = 64.0
    # At rest: what all nodes together may use of one core.
    rest_cores: float = 0.15

    def without_lifelines(self) -> "Limits":
        """The same where a crash is known by silence alone."""
        return replace(self, crash_known=self.death_known)

    def form(self, nodes: int) -> float:
        """From the start of the last of so many processes until all agree: 14.2 s for 256."""
        return 3.0 if nodes <= 32 else 3.0 + (nodes - 32) * 0.05


LIMITS = {
    "lan": Limits(short_pause=1.5, long_pause=8.0, crash_known=2.0, death_known=6.0, return_known=5.0),
    "wan": Limits(
        short_pause=2.2, long_pause=16.0, crash_known=3.0, death_known=10.0, return_known=8.0, dead_bound=16.0),
    "local": Limits(short_pause=0.5, long_pause=4.0, crash_known=0.8, death_known=3.0, return_known=3.0),
}
