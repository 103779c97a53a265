"""Figures, bars and order of a comparison; what the peers' output says in our words."""

import unittest

from harness.bars import judge
from harness.cells import CELLS, Effort, summary
from harness.compare import order, shown_figure, table_lines
from harness.events import Event, Ready
from harness.peers.serf import Serf, packed

from .scripted import formed


class SummaryTests(unittest.TestCase):
    def test_the_median_is_between_the_middle_two(self):
        made = summary([1.0, 9.0, 2.0, 3.0])
        self.assertEqual((made["median"], made["min"], made["max"], made["outliers"]), (2.5, 1.0, 9.0, 1))

    def test_of_nothing_there_is_no_figure(self):
        self.assertIsNone(summary([])["median"])
        self.assertEqual(shown_figure(summary([]), "s"), "-")

    def test_short_times_are_shown_in_milliseconds(self):
        self.assertEqual(shown_figure(summary([0.012]), "s"), "12 ms")
        self.assertEqual(shown_figure(summary([2.0, 4.0]), "s"), "3 s (2–4)")

    def test_systems_go_forth_and_back(self):
        self.assertEqual(order(["a", "b"], 3), [["a", "b"], ["b", "a"], ["a", "b"]])


class BarTests(unittest.TestCase):
    def test_each_bar_is_met_or_short_by_its_own_statistic(self):
        judged = judge({"kill": {"median": 3.0, "max": 6.0}, "stops of 4: healthy failed": {"median": 0, "max": 1}})
        self.assertEqual(
            [(bar["figure"], bar["statistic"], bar["met"]) for bar in judged],
            [("kill", "median", True), ("kill", "max", False), ("stops of 4: healthy failed", "max", False)],
        )

    def test_a_table_names_what_was_not_measured(self):
        figure = {"unit": "s", **summary([1.0])}
        lines = table_lines({
            "nodes": 8, "systems": {"iridium": {"kill": figure}, "serf": {"kill": figure, "update": figure}},
            "bars": judge({"kill": figure}),
        })
        self.assertTrue(any("update" in line and "-" in line for line in lines))
        self.assertTrue(any("met" in line for line in lines))


class CellTests(unittest.TestCase):
    def test_a_death_counts_until_the_last_observer(self):
        stage, cluster = formed()
        stage.timeline.ready_at = lambda name: None

        def script(victim):
            first, *rest = cluster.others(victim)
            cluster.say([first], "failed", victim, 2.0)
            cluster.say(rest, "failed", victim, 1.0)

        cluster.after["kill"] = script
        cluster.after["start"] = lambda name: cluster.say(cluster.names, "joined", name, 0.2)
        figures = CELLS["leave"](stage, Effort(repeats=0))
        self.assertEqual(figures, {"leave": ("s", [])})
        stage.cluster.kill("n1")
        heard = stage.wait_until_heard(cluster.others("n1"), "n1", "failed", stage.now(), 60)
        self.assertAlmostEqual(max(heard.values()), 2.0)

    def test_a_message_that_cannot_be_said_is_no_figure(self):
        stage, cluster = formed()
        cluster.peer = type("Dumb", (), {"message": lambda *_: False})()
        cluster.nodes = {name: None for name in cluster.names}
        cluster.workspace = type("Place", (), {"data": None})()
        self.assertEqual(CELLS["message"](stage, Effort()), {})


class SerfTests(unittest.TestCase):
    def parse(self, line):
        # No serf is needed to read its lines.
        return Serf.parse(object.__new__(Serf), line, "n1", 5.0)

    def test_its_lines_are_read(self):
        for line, kind, state in (
            (b"2026/11/22 [INFO] serf: EventMemberJoin: n2 10.0.0.2", "joined", "alive"),
            (b"2026/11/22 [INFO] serf: EventMemberFailed: n2 10.0.0.2", "failed", "dead"),
            (b"2026/11/22 [INFO] serf: EventMemberLeave: n2 10.0.0.2", "left", "left"),
            (b"2026/11/22 [INFO] serf: EventMemberUpdate: n2", "updated", "alive"),
        ):
            self.assertEqual(self.parse(line), Event(5.0, "n1", "n2", kind, state, 0))
        self.assertEqual(self.parse(b"[INFO] agent: Received event: user-event: hi").member, "hi")
        self.assertIsInstance(self.parse(b"==> Serf agent running!"), Ready)
        self.assertIsNone(self.parse(b"[INFO] agent: Received event: member-join"))

    def test_what_is_said_to_it_is_packed(self):
        self.assertEqual(packed({"Seq": 1, "On": True, "L": ["a"]}), b"\x83\xa3Seq\x01\xa2On\xc3\xa1L\x91\xa1a")
        self.assertEqual(packed("x" * 40)[:3], b"\xda\x00\x28")


if __name__ == "__main__":
    unittest.main()
