"""The values that members publish are compared with those that each holds: every wrong entry counts."""

import unittest
from pathlib import Path

from harness.compare.cells import Effort
from harness.compare.command import parse
from harness.compare.peers import Peer
from harness.compare.state_cells import STATE_CELLS, differences
from harness.nodes.events import Ready

from .scripted import formed


class SharingPeer(Peer):
    """All hold what any publishes. `deaf` holds what it held at the fault, and until `hears_at` if that is set."""

    name = "sharing"

    def __init__(self, cluster):
        self.cluster = cluster
        self.values = {}
        self.deaf = None
        self.kept = None
        self.hears_at = None

    def begin_fault(self):
        self.kept = {name: dict(values) for name, values in self.values.items()}

    def publish(self, node, data, values):
        held = self.values.setdefault(node, {})
        for key, value in values.items():
            if value is None:
                held.pop(key, None)
            else:
                held[key] = value

    def published(self, node, data):
        is_deaf = node == self.deaf and self.kept is not None
        if is_deaf and self.hears_at is not None:
            is_deaf = self.cluster.timeline.time < self.hears_at
        held = self.kept if is_deaf else self.values
        return {name: dict(values) for name, values in held.items() if values and name in self.cluster.up}


def sharing():
    stage, cluster = formed()
    cluster.nodes = {name: name for name in cluster.names}
    cluster.workspace = type("Place", (), {"data": Path(".")})()
    cluster.peer = SharingPeer(cluster)
    cluster.network.after = lambda verb: cluster.peer.begin_fault() if verb == "disturb" else None
    for name in cluster.names:
        stage.timeline.record(name, Ready(name, "", "", "", 0, ""))

    def away(name):
        cluster.say(cluster.others(name), "failed", name, 1.0)

    def back(name):
        # Its process is a new one, and has published nothing.
        cluster.peer.values.pop(name, None)
        cluster.say(cluster.names, "joined", name, 0.2)

    cluster.after.update(kill=away, leave=away, start=back)
    return stage, cluster


class StateCellTests(unittest.TestCase):
    def test_states_that_are_equal_lose_nothing_in_any_fault(self):
        for name, cell in STATE_CELLS.items():
            with self.subTest(name):
                stage, _ = sharing()
                figures = cell(stage, Effort(repeats=2))
                for figure, (unit, values) in figures.items():
                    self.assertEqual(len(values), 2)
                    if unit == "":
                        self.assertEqual(values, [0.0, 0.0], figure)

    def test_what_one_member_never_hears_is_lost(self):
        stage, cluster = sharing()
        cluster.peer.deaf = "n3"
        figures = STATE_CELLS["state-partition"](stage, Effort(repeats=1))
        (lost,) = figures["state partition: lost"][1]
        self.assertGreater(lost, 0)
        self.assertEqual(figures["state partition: equal after"][1], [60.0])

    def test_what_comes_late_is_wrong_at_first_and_not_lost(self):
        stage, cluster = sharing()
        cluster.peer.deaf = "n3"
        lift = cluster.network.lift

        def lifted(fault):
            lift(fault)
            cluster.peer.hears_at = stage.now() + 30

        cluster.network.lift = lifted
        stage.timeline.schedule(0, lambda: None)
        for second in range(200):
            stage.timeline.schedule(second, lambda: None)
        figures = STATE_CELLS["state-loss"](stage, Effort(repeats=1))
        self.assertGreater(figures["state loss 30 %: wrong after 5 s"][1][0], 0)
        self.assertEqual(figures["state loss 30 %: lost"][1], [0.0])
        self.assertAlmostEqual(figures["state loss 30 %: equal after"][1][0], 30, delta=1.5)

    def test_a_system_without_such_a_thing_has_no_figures(self):
        stage, cluster = sharing()
        cluster.peer = Peer()
        self.assertEqual(STATE_CELLS["state-kill"](stage, Effort(repeats=1)), {})

    def test_an_entry_is_wrong_if_it_is_missing_old_or_not_the_owners(self):
        written = {"n1": {"a": "2", "b": "1"}, "n2": {"c": "1"}}
        self.assertEqual(differences(written, written), 0)
        self.assertEqual(differences(written, {"n1": {"a": "1"}, "n2": {"c": "1"}}), 2)
        self.assertEqual(differences(written, {**written, "n3": {"x": "1"}}), 1)
        self.assertEqual(differences(written, {}), 3)


class OptionTests(unittest.TestCase):
    def test_states_are_compared_with_the_library_in_go(self):
        options = parse("compare", ["--states", "--rounds", "3"])
        self.assertEqual((options.systems, options.sizes, options.rounds), (["iridium", "memberlist"], [8], 3))
        self.assertEqual(options.cells, list(STATE_CELLS))
        self.assertEqual(parse("bench", ["--states"]).systems, ["iridium"])


if __name__ == "__main__":
    unittest.main()
