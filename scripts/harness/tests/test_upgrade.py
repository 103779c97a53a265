"""An upgrade passes if all agree at each step, and names the first member that does not do what it should."""

import unittest
from pathlib import Path

from harness.nodes.control import ControlError
from harness.nodes.events import Event
from harness.scenarios.upgrade import upgrade

from .scripted import ScriptedControl, formed


class MixedControl(ScriptedControl):
    """Nodes of two versions: only the new ones take part in states and messages by stream."""

    def __init__(self, cluster):
        super().__init__()
        self.cluster = cluster
        self.published = {}
        # New members that hold no states.
        self.forgetful = set()

    def is_new(self, name):
        return self.cluster.nodes[name].program is None

    def set_state(self, node, key, value):
        self.published[node] = {key: value}

    def state(self, node):
        rows = [] if node in self.forgetful else [
            {"member": name, "values": values} for name, values in self.published.items()
            if name in self.cluster.up and self.is_new(name)
        ]
        return {"members": rows}

    def members(self, node):
        return {"members": [
            {"name": name, "protocols": [1, 2] if self.is_new(name) else [1, 1]} for name in self.cluster.up
        ]}

    def deliver(self, node, member, text):
        if not self.is_new(member):
            raise ControlError(f"{member} runs an earlier version, which takes no messages by stream")


class Speaking:
    """All others hear at once what a node says, except those that are `deaf`."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.deaf = set()

    def _heard(self, kind, subject, name):
        state = None if kind == "message" else "alive"
        timeline = self.cluster.timeline
        for one in self.cluster.others(name):
            if one not in self.deaf:
                timeline.schedule(0.01, lambda observer=one: timeline.record(
                    observer, Event(timeline.time, observer, subject, kind, state, 1)))

    def update(self, node, network, data, text):
        self._heard("updated", node.name, node.name)

    def message(self, node, network, data, text):
        self._heard("message", text, node.name)
        return True


class Node:
    def __init__(self, name):
        self.name = name
        self.program = None


def mixed():
    stage, cluster = formed()
    stage.settings.old_binary = Path("/old/iridium")
    cluster.nodes = {name: Node(name) for name in cluster.names}
    cluster.workspace = type("Place", (), {"data": Path(".")})()
    cluster.forget_identity = lambda name: None
    cluster.peer = Speaking(cluster)
    stage.control = MixedControl(cluster)

    def away(name):
        stage.control.published.pop(name, None)
        cluster.say(cluster.others(name), "left", name, 0.01)

    def back(name):
        cluster.say(list(cluster.names), "joined", name, 0.1)
        for other in cluster.names:
            cluster.say([name], "joined", other, 0.1)

    cluster.after.update(leave=away, kill=away, start=back)
    return stage, cluster


class UpgradeTests(unittest.TestCase):
    def test_all_become_new_and_one_goes_back_in_between(self):
        stage, cluster = mixed()
        (verdict,) = upgrade(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.outcome, "5/5 upgraded one by one, in 7 steps")
        self.assertEqual({node.program for node in cluster.nodes.values()}, {None})
        # All were killed to begin; then every second one of the upgrade.
        self.assertEqual([name for deed, name in cluster.deeds if deed == "kill"][5:], ["n2", "n4"])

    def test_a_new_member_that_holds_no_states_fails(self):
        stage, _ = mixed()
        stage.control.forgetful.add("n3")
        (verdict,) = upgrade(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.blamed, "n3")
        self.assertIn("is published", verdict.complaint)

    def test_a_member_that_hears_no_message_fails(self):
        stage, cluster = mixed()
        cluster.peer.deaf.add("n5")
        (verdict,) = upgrade(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.complaint, "n5 has not heard 'step-1' (message) of n1")

    def test_an_old_member_that_is_called_for_a_message_fails(self):
        stage, _ = mixed()
        stage.control.deliver = lambda node, member, text: None
        (verdict,) = upgrade(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.complaint, "n1 delivers to n2: accepted")


if __name__ == "__main__":
    unittest.main()
