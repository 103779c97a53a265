"""The lines a person reads and the numbers in them."""

import io
import unittest

from harness.suite.terminal import Terminal, verdict_text
from harness.run.verdict import Spread, Verdict, median, name_list, within


class LineTests(unittest.TestCase):
    def test_lines_stand_in_columns(self):
        form = Verdict("form", "form", "5/5 agree", True, 0.2, 5)
        kill = Verdict("kill", "kill n4", "4/4 saw dead", True, 2.1, 8, "suspect after 1.2 s")
        long = Verdict("restart", "restart n18", "31/31 saw it return", True, 0.3, 5)
        quiet = Verdict("quiet", "quiet 5 s", "false suspicions 0, false deaths 0", True)
        self.assertEqual(
            [verdict_text(verdict) for verdict in (form, kill, long, quiet)],
            [
                "form       5/5 agree                     0.2 s   (limit 5 s)    PASS",
                "kill n4    4/4 saw dead                  2.1 s   (limit 8 s)    PASS"
                "   suspect after 1.2 s",
                "restart n18 31/31 saw it return          0.3 s   (limit 5 s)    PASS",
                "quiet 5 s  false suspicions 0, false deaths 0                   PASS",
            ],
        )

    def test_what_never_happened_is_not_shown_as_a_time(self):
        text = verdict_text(Verdict("kill", "kill n4", "3/4 saw dead", False, None, 8))
        self.assertIn("never   (limit 8 s)    FAIL", text)

    def test_a_stream_that_is_no_terminal_gets_no_live_lines_and_no_colors(self):
        stream = io.StringIO()
        terminal = Terminal(stream, clock=lambda: 0.0)
        terminal.progress("1/4 said failed")
        terminal.verdict(Verdict("form", "form", "5/5 agree", True, 0.2, 5))
        self.assertEqual(stream.getvalue().count("\n"), 1)
        self.assertNotIn("\x1b", stream.getvalue())


class NumberTests(unittest.TestCase):
    def test_median(self):
        self.assertIsNone(median([]))
        self.assertEqual(median([3, 1, 2]), 2)
        self.assertEqual(median([4, 1, 2, 3]), 2.5)

    def test_a_limit_includes_itself_and_never_excludes_everything(self):
        self.assertTrue(within(6.0, 6.0))
        self.assertFalse(within(6.01, 6.0))
        self.assertFalse(within(None, 6.0))

    def test_a_spread_of_nothing_has_no_figures(self):
        self.assertEqual(Spread([]).as_json()["max_ms"], None)
        self.assertEqual(Spread([1.0, 2.0]).as_json()["max_ms"], 2000.0)

    def test_long_lists_are_cut(self):
        self.assertEqual(name_list(["a", "b"]), "a, b")
        self.assertEqual(name_list(["a", "b", "c", "d", "e"]), "a, b, c, d and 1 more")
