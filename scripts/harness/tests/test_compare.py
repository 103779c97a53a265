"""Figures, bars and order of a comparison; what the peers' output says in our words."""

import unittest
from pathlib import Path

from harness.compare.bars import BARS, judge
from harness.compare.cells import CELLS, Effort, summary
from harness.compare.compare import order, shown_figure, table_lines
from harness.compare.command import parse
from harness.nodes.events import Event, Ready
from harness.page.systems import comparison_sections
from harness.compare.peers.iridium import Iridium
from harness.compare.peers.serf import Serf, packed

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
        judged = judge({"iridium": {
            "kill": {"median": 0.2, "max": 0.6}, "stops of 4: healthy failed": {"median": 0, "max": 1}}}, 64)
        self.assertEqual(
            [(bar["figure"], bar["statistic"], bar["met"]) for bar in judged if bar["met"] is not None],
            [("kill", "median", True), ("kill", "max", False), ("stops of 4: healthy failed", "max", False)],
        )

    def test_a_large_cluster_has_limits_of_its_own(self):
        judged = judge({"iridium": {"kill": {"median": 0.3, "max": 0.7}}}, 128)
        self.assertEqual([(bar["bar"], bar["met"]) for bar in judged if bar["figure"] == "kill"], [(0.4, True), (0.8, True)])

    def test_a_bar_of_which_nothing_was_measured_is_listed_as_such(self):
        judged = judge({}, 8)
        self.assertEqual(len(judged), len(BARS))
        self.assertEqual({(bar["reached"], bar["met"]) for bar in judged}, {(None, None)})
        lines = table_lines({"nodes": 8, "systems": {"iridium": {}}, "bars": judged})
        self.assertEqual(sum("not measured" in line for line in lines), len(BARS))
        page = "".join(comparison_sections({
            "seed": 1, "at": "", "versions": {"iridium": "1"}, "trials": [],
            "tables": [{"nodes": 8, "systems": {"iridium": {}}, "bars": judged}],
        }))
        self.assertEqual(page.count("not measured"), len(BARS))

    def test_each_bar_has_the_best_other_system_beside_it(self):
        systems = {
            name: {"kill": {"unit": "s", **summary([value])}}
            for name, value in (("iridium", 0.2), ("serf", 5.0), ("kinship", 2.0))
        }
        lines = table_lines({"nodes": 8, "systems": systems, "bars": judge(systems, 8)})
        (line,) = [line for line in lines if "kill, median" in line and "silent" not in line]
        self.assertTrue(line.endswith("met          kinship: 2 s"), line)

    def test_a_table_names_what_was_not_measured(self):
        figure = {"unit": "s", **summary([0.2])}
        lines = table_lines({
            "nodes": 8, "systems": {"iridium": {"kill": figure}, "serf": {"kill": figure, "update": figure}},
            "bars": judge({"iridium": {"kill": figure}}, 8),
        })
        self.assertTrue(any("update" in line and "-" in line for line in lines))
        self.assertTrue(any("met" in line for line in lines))


class OptionTests(unittest.TestCase):
    def test_all_is_every_cell_and_other_options_still_count(self):
        options = parse("compare", ["--all", "--idle", "15"])
        self.assertEqual((options.sizes, options.long_sizes, options.rounds), ([8, 32, 64], [32], 1))
        self.assertEqual((options.cells, options.alone), (list(CELLS), [256]))
        self.assertEqual((options.idle, options.rest, options.grid), (15.0, 30.0, 120.0))

    def test_long_cells_are_played_at_all_sizes_unless_told_otherwise(self):
        self.assertEqual(parse("compare", ["--sizes", "8,16"]).long_sizes, [8, 16])
        self.assertEqual(parse("compare", ["--sizes", "8,16", "--long-sizes", "16"]).long_sizes, [16])


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


    def test_a_message_counts_until_the_last_of_the_others_has_it(self):
        stage, cluster = formed()
        cluster.nodes = {name: None for name in cluster.names}
        cluster.workspace = type("Place", (), {"data": None})()

        def say(node, network, data, word):
            first, *rest = cluster.others(stage.picked)
            cluster.say([first], "message", word, 0.02)
            cluster.say(rest, "message", word, 0.01)
            return True

        pick = stage.pick

        def picked():
            stage.picked = pick()
            return stage.picked

        stage.pick = picked
        cluster.peer = type("Talker", (), {"message": staticmethod(say)})()
        unit, values = CELLS["message"](stage, Effort(updates=2))["message"]
        self.assertEqual(unit, "s")
        for value in values:
            self.assertAlmostEqual(value, 0.02)
        self.assertEqual(len(values), 2)


class IridiumTests(unittest.TestCase):
    def test_a_message_is_known_by_its_word(self):
        peer = Iridium(Path("iridium"), "lan")
        line = b'{"schema":"iridium.event/1","event":"message","member":"n2","text":"word-1"}'
        event = peer.parse(line, "n1", 5.0)
        self.assertEqual((event.kind, event.member, event.state), ("message", "word-1", None))
        joined = peer.parse(b'{"schema":"iridium.event/1","event":"joined","member":"n2"}', "n1", 5.0)
        self.assertEqual(joined.member, "n2")


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
        suspected = self.parse(b"[INFO] memberlist: Suspect n2 has failed, no acks received")
        self.assertEqual(suspected, Event(5.0, "n1", "n2", "suspected", None, 0))
        self.assertIsInstance(self.parse(b"==> Serf agent running!"), Ready)
        self.assertIsNone(self.parse(b"[INFO] agent: Received event: member-join"))

    def test_what_is_said_to_it_is_packed(self):
        self.assertEqual(packed({"Seq": 1, "On": True, "L": ["a"]}), b"\x83\xa3Seq\x01\xa2On\xc3\xa1L\x91\xa1a")
        self.assertEqual(packed("x" * 40)[:3], b"\xda\x00\x28")


if __name__ == "__main__":
    unittest.main()
