"""A page is made of what a run or a comparison leaves: complete, well formed, escaped, without script."""

import json
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from harness.page import command as report_command
from harness.compare.compare import SCHEMA as COMPARE
from harness.page import history
from harness.page.diff import diff_sections
from harness.page.svg import lanes, nice_ticks
from harness.page.report import SCHEMA as RUN

NAMES = ["n1", "n2", "n10"]


def event(at, observer, member, kind, why=None):
    return {"at_ms": at * 1000, "observer": observer, "member": member, "event": kind, "incarnation": 1, "why": why}


def run_report(**changes):
    verdict = {
        "scenario": "kill", "title": "kill n1", "verdict": "PASS", "outcome": "2/2 saw dead", "took_ms": 2000.0,
        "limit_ms": 6000.0, "note": None, "complaint": None, "blamed": None, "measurements": {},
    }
    series = {
        "at_ms": [1000, 2000, 9000], "rss_kib": [9000, 9100, None], "cpu_ms": [10.0, 12.0, 1.0],
        "datagrams": [5, 7, 9], "octets": [500, 800, 1000],
    }
    return {
        "schema": RUN, "at": "2026-01-01T00:00:00Z", "action": "test", "seed": 7, "nodes": 3, "profile": "lan",
        "machine": {"cores": 2, "load_1m": 0.5}, "passed": True,
        "counts": {"passed": 1, "failed": 0, "skipped": 0}, "verdicts": [verdict],
        "faults": [
            {"at_ms": 2000, "node": "n1", "what": "kill (SIGKILL)"}, {"at_ms": 8000, "node": "n1", "what": "start"},
        ],
        "events": [
            *(event(1, one, other, "joined") for one in NAMES for other in NAMES),
            event(3, "n2", "n1", "suspected", "by n2"), event(4, "n2", "n1", "failed"),
            event(4.5, "n10", "n1", "failed"), event(8.1, "n2", "n1", "joined"), event(8.2, "n10", "n1", "joined"),
            event(30, "n2", "n10", "suspected", "<b>no ack</b>"),
        ],
        "samples": {"n1": series},
        **changes,
    }


def figure(median, unit="s"):
    return {"unit": unit, "count": 3, "median": median, "min": median / 2, "max": median * 4, "outliers": 1}


def comparison(**changes):
    return {
        "schema": COMPARE, "at": "2026-01-01T00:00:00Z", "seed": 3, "machine": {"cores": 2},
        "versions": {"iridium": "1", "serf": "<2>"}, "effort": {},
        "tables": [{
            "nodes": 8,
            "systems": {"iridium": {"kill": figure(2.5)}, "serf": {"kill": figure(9.0), "message": figure(0.2)}},
            "bars": [
                {"figure": "kill", "statistic": "median", "bar": 3.2, "unit": "s", "reached": 2.5, "met": True},
                {"figure": "kill", "statistic": "max", "bar": 5, "unit": "s", "reached": 10.0, "met": False},
            ],
        }],
        "trials": [{"system": "serf", "nodes": 8, "round": 1, "busy": 0.1, "figures": {}, "failures": ["<oops>"]}],
        **changes,
    }


class Balance(HTMLParser):
    """Complains of what is opened and not closed."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class PageTests(unittest.TestCase):
    def check(self, text):
        balance = Balance()
        balance.feed(text)
        self.assertEqual(balance.open, [])
        self.assertNotIn("script", balance.seen)
        self.assertNotIn("http", text)
        for part in text.split("<svg")[1:]:
            ElementTree.fromstring("<svg" + part.partition("</svg>")[0] + "</svg>")
        return text

    def test_a_run_has_all_its_sections(self):
        text = self.check(report_command.html(run_report()))
        for title in ("Verdicts", "How the others saw each member", "How news spread", "Detection", "Cost of each node"):
            self.assertIn(title, text)
        self.assertIn("False suspicions: 1", text)
        self.assertIn("&lt;b&gt;no ack", text)

    def test_a_simulated_run_is_drawn_like_a_real_one(self):
        nothing = [None, None, None]
        series = {"at_ms": [0, 500, 1000], "octets": [0, 10, 90], "datagrams": [0, 1, 2], "rss_kib": nothing, "cpu_ms": nothing}
        made = run_report(
            schema=report_command.SIMULATED, machine=None, end_ms=12_000, samples={"n1": series},
            parameters={"faults": "<b>none</b>"},
            faults=[
                {"at_ms": 2000, "node": "n1", "what": "kill"},
                {"at_ms": 3000, "until_ms": 5000, "node": None, "what": "loss 10 %"},
                {"at_ms": 6000, "node": "n2", "what": "update"},
            ],
        )
        text = self.check(report_command.html(made))
        for part in ("loss 10 %", 'class="band"', "a simulated run", "&lt;b&gt;none", "Detection"):
            self.assertIn(part, text)
        self.assertNotIn("<b>", text)

    def test_a_label_that_has_no_room_is_left_to_its_tooltip(self):
        drawn = lanes([("n1", [], [(1, 2, "kill"), (1.1, 2, "start"), (60, 61, "pause")])], [], 100)
        self.assertEqual(drawn.count('class="label"'), 2)
        self.assertIn("n1: start", drawn)

    def test_a_run_that_left_nothing_is_still_a_page(self):
        empty = run_report(events=[], faults=[], samples={}, verdicts=[])
        self.assertIn("False suspicions: 0", self.check(report_command.html(empty)))

    def test_a_comparison_names_what_is_short_and_what_failed(self):
        text = self.check(report_command.html(comparison()))
        self.assertIn('<span class="short">short</span>', text)
        self.assertIn("&lt;oops&gt;", text)
        self.assertIn("not measured", text)

    def test_two_of_a_kind_are_set_side_by_side_and_others_refused(self):
        text = self.check("".join(diff_sections(run_report(), run_report(seed=8))))
        self.assertIn("+0%", text)
        self.assertIn("+0%", self.check("".join(diff_sections(comparison(), comparison()))))
        with self.assertRaises(ValueError):
            diff_sections(run_report(), comparison())

    def test_files_become_pages_beside_them_and_nonsense_an_error(self):
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "report.json"
            path.write_text(json.dumps(run_report()))
            self.assertEqual(report_command.report([place]), 0)
            self.assertTrue((Path(place) / "report.html").is_file())
            path.write_text("[]")
            self.assertEqual(report_command.report([str(path)]), 65)


class HistoryTests(unittest.TestCase):
    def test_members_are_in_the_order_of_their_numbers(self):
        self.assertEqual(history.members(run_report()), ["n1", "n2", "n10"])

    def test_the_share_of_observers_follows_the_events(self):
        states = [(share.start, share.dead, share.observers) for share in history.shares(run_report(), "n1")]
        self.assertIn((4.0, 1, 2), states)
        self.assertIn((4.5, 2, 2), states)
        self.assertEqual(states[-1][1], 0)

    def test_a_dead_bearer_of_a_name_does_not_hide_the_living_one(self):
        events = [
            {**event(1, "n2", "n1", "failed"), "id": "old"}, {**event(2, "n2", "n1", "joined"), "id": "new"},
            {**event(3, "n1", "n2", "joined"), "id": "b"},
        ]
        last = history.shares(run_report(events=events, faults=[]), "n1")[-1]
        self.assertEqual((last.dead, last.observers), (0, 1))

    def test_an_observer_that_was_killed_holds_nothing(self):
        report = run_report(faults=[{"at_ms": 5000, "node": "n10", "what": "kill (SIGKILL)"}])
        states = {share.start: (share.dead, share.observers) for share in history.shares(report, "n1")}
        self.assertEqual(states[4.5], (2, 2))
        self.assertEqual(states[5.0], (1, 1))

    def test_a_fault_lasts_until_what_ends_it(self):
        (fault,) = history.faults(run_report())
        self.assertEqual((fault.node, fault.start, fault.end), ("n1", 2.0, 8.0))

    def test_news_counts_from_the_deed_and_once_for_each_observer(self):
        heard = history.news(run_report(), ("kill",), ("failed",))
        self.assertEqual(heard, {"n1 at 2.0 s": [2.0, 2.5]})

    def test_a_suspicion_of_one_that_was_killed_is_not_false(self):
        self.assertEqual([found["member"] for found in history.false_suspicions(run_report())], ["n10"])


class TickTests(unittest.TestCase):
    def test_ticks_are_round_and_reach_the_most(self):
        for most in (0.003, 0.9, 1, 7, 61, 305, 12_345):
            ticks = nice_ticks(most)
            self.assertGreaterEqual(ticks[-1], most)
            self.assertLess(ticks[-2], most)
            self.assertLessEqual(len(ticks), 7)


if __name__ == "__main__":
    unittest.main()
