"""A cluster of the previous version becomes one of this version, node by node, as operators do it.

Every second node is killed instead of asked to leave, and one goes back to the previous version in between. Each
step is under load: a change of metadata, a message to all, a value that the new members publish. After each step
all agree on one view, no member was declared dead although it ran, every member has the message, and all new ones
hold what the new ones publish. The previous version is a program that is given or built: `--old-binary`,
`--old-commit`.
"""

from typing import Dict, Iterator, List

from ..nodes.control import ControlError
from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds
from .judging import Complaint, NONE, bystander_complaint, unity_complaint

OLD, NEW = [1, 1], [1, 2]


def upgrade(stage: Stage) -> Iterator[Verdict]:
    """All are of the previous version, then one after the other becomes new."""
    roll = _Roll(stage)
    names = list(stage.names)
    try:
        roll.begin()
        for number, name in enumerate(names):
            roll.step(name, to_new=True, by_kill=number % 2 == 1)
            if number == 1:
                # The operator has doubts about one, and then none.
                roll.step(name, to_new=False, by_kill=False)
                roll.step(name, to_new=True, by_kill=False)
    finally:
        for name in names:
            stage.cluster.nodes[name].program = None
    done = len(roll.new)
    yield Verdict(
        scenario="upgrade",
        title="upgrade",
        outcome=f"{done}/{len(names)} upgraded one by one, in {roll.steps} steps",
        passed=not roll.complaint[0],
        seconds=roll.slowest if roll.steps else None,
        limit=stage.limits.return_known,
        note=f"slowest view after {roll.slowest_view:.1f} s",
        complaint=roll.complaint[0],
        blamed=roll.complaint[1],
        measurements={
            "steps": roll.steps, "slowest_ms": milliseconds(roll.slowest),
            "slowest_view_ms": milliseconds(roll.slowest_view),
        },
    )


class _Roll:
    """One upgrade; after the first complaint its steps do nothing."""

    def __init__(self, stage: Stage):
        self.new: List[str] = []
        self.steps = 0
        self.slowest = 0.0
        self.slowest_view = 0.0
        self.complaint: Complaint = NONE
        self._stage = stage
        self._published: Dict[str, Dict[str, str]] = {}

    def begin(self) -> None:
        """Ends all, and forms a cluster of the previous version."""
        stage, cluster = self._stage, self._stage.cluster
        for name in stage.names:
            cluster.kill(name)
        for name in stage.names:
            cluster.exit_status(name, stage.limits.leave_ended)
            cluster.forget_identity(name)
            cluster.nodes[name].program = stage.settings.old_binary
        started = max(cluster.start(name) for name in stage.names)
        # Without its first seed a node waits for another one.
        limit = 2 * stage.limits.return_known
        if stage.wait_until_all_agree(started, limit) is None:
            self.complaint = unity_complaint(stage, f"{limit:g} s after the previous version started")

    def step(self, name: str, to_new: bool, by_kill: bool) -> None:
        """One node ends and starts as the other version."""
        if self.complaint[0]:
            return
        stage, cluster = self._stage, self._stage.cluster
        since = stage.now()
        others = stage.others(name)
        if by_kill:
            cluster.kill(name)
        else:
            leaving = cluster.leave(name)
            stage.wait_until_heard(others, name, "left", leaving, stage.limits.leave_known)
        if cluster.exit_status(name, stage.limits.leave_ended) is None:
            self.complaint = f"{name} still runs {stage.limits.leave_ended:g} s after it was asked to end", name
            return
        self._published.pop(name, None)
        self.new = [one for one in self.new if one != name] + ([name] if to_new else [])
        cluster.nodes[name].program = None if to_new else stage.settings.old_binary
        started = cluster.start(name)
        limit = stage.limits.return_known
        took = stage.wait_until_all_agree(started, limit)
        self.steps += 1
        if took is None:
            self.complaint = unity_complaint(stage, f"{limit:g} s after {name} started again")
            return
        self.slowest = max(self.slowest, took)
        self.complaint = self._load(name)
        if not self.complaint[0]:
            self.complaint = bystander_complaint(stage, since, [name] if by_kill else [])

    # --- load and what must come of it ---------------------------------------------------------------

    def _load(self, name: str) -> Complaint:
        """A message to all and a change of metadata, by the node of this step; values, by a new one."""
        stage, cluster = self._stage, self._stage.cluster
        word = f"step-{self.steps}"
        others = stage.others(name)
        since = stage.now()
        cluster.peer.update(cluster.nodes[name], stage.network, cluster.workspace.data, word)
        cluster.peer.message(cluster.nodes[name], stage.network, cluster.workspace.data, word)
        for kind, subject in (("message", word), ("updated", name)):
            heard = stage.wait_until_heard(others, subject, kind, since, stage.limits.views_equal)
            if len(heard) < len(others):
                missing = next(one for one in others if one not in heard)
                return f"{missing} has not heard '{word}' ({kind}) of {name}", missing
        if self.new:
            publisher = self.new[-1]
            stage.control.set_state(publisher, "step", word)
            self._published[publisher] = {"step": word}
        differing = stage.wait_until_views_equal(stage.limits.views_equal)
        self.slowest_view = max(self.slowest_view, stage.now() - since)
        if differing:
            return differing, name
        for check in (self._states_complaint, self._versions_complaint, self._message_complaint):
            complaint = check()
            if complaint[0]:
                return complaint
        return NONE

    def _states_complaint(self) -> Complaint:
        """All new members hold what the new ones publish."""
        stage = self._stage

        def differing() -> List[str]:
            return [one for one in self.new if self._states_of(one) != self._published]

        if stage.wait(lambda: not differing(), stage.now() + stage.limits.views_equal):
            return NONE
        name = differing()[0]
        return f"{name} holds {self._states_of(name)}, and {self._published} is published", name

    def _states_of(self, name: str) -> Dict[str, Dict[str, str]]:
        rows = self._stage.control.state(name)["members"]
        return {row["member"]: row["values"] for row in rows}

    def _versions_complaint(self) -> Complaint:
        """A new member shows which members are new."""
        for observer in self.new:
            for row in self._stage.control.members(observer)["members"]:
                expected = NEW if row["name"] in self.new else OLD
                if row["protocols"] != expected:
                    return f"{observer} shows protocols {row['protocols']} of {row['name']}", observer
        return NONE

    def _message_complaint(self) -> Complaint:
        """A message by stream reaches a new member, and ends at once with the reason if the other is old."""
        old = [name for name in self._stage.cluster.running() if name not in self.new]
        for caller in self.new[-1:]:
            for target in [*self.new[:1], *old[:1]]:
                refusal = self._deliver(caller, target) if target != caller else ""
                if ("earlier version" in refusal) != (target in old) or (target in self.new and refusal):
                    return f"{caller} delivers to {target}: {refusal or 'accepted'}", caller
        return NONE

    def _deliver(self, caller: str, target: str) -> str:
        try:
            self._stage.control.deliver(caller, target, "by stream")
            return ""
        except ControlError as error:
            return str(error)
