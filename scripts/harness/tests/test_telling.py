"""A long output is cut down to what tells the failure."""

import unittest

from harness.suite.telling import TAIL, telling_lines


def passed(count, first=0):
    lines = []
    for number in range(first, first + count):
        lines += [f'◇ Test "number {number}" started.', f'✔ Test "number {number}" passed after 0.001 seconds.']
    return lines


class TellingTests(unittest.TestCase):
    def test_one_failure_among_hundreds_is_shown_with_what_follows_it(self):
        output = passed(300) + [
            '◇ Test "the odd one" started.',
            '✘ Test "the odd one" recorded an issue at Odd.swift:12:9: Expectation failed: 1 == 2',
            "↳ the comment",
            '✘ Test "the odd one" failed after 0.002 seconds with 1 issue.',
        ] + passed(300, 300)
        shown = telling_lines("\n".join(output))
        self.assertIn("Odd.swift:12:9", shown[1])
        self.assertEqual(shown[2], "↳ the comment")
        self.assertIn("failed after", shown[3])
        self.assertLess(len(shown), 10 + TAIL)
        self.assertEqual(shown[-1], output[-1])

    def test_a_test_that_never_ended_is_named(self):
        output = passed(50) + ['◇ Test "a trap" started.'] + ["*** Program crashed: Illegal instruction"]
        shown = telling_lines("\n".join(output))
        self.assertIn('had begun and not ended: "a trap"', shown)

    def test_an_error_of_the_compiler_is_shown_though_others_went_on(self):
        output = ["A.swift:3:1: error: cannot find 'x' in scope", " 1 | let y = x", "   |         `- here"]
        output += [f"[{number}/99] Compiling" for number in range(99)]
        shown = telling_lines("\n".join(output))
        self.assertIn("cannot find 'x'", shown[0])
        self.assertIn("`- here", shown[2])
        self.assertEqual(shown[3], "…")

    def test_a_short_output_is_shown_whole_and_once(self):
        output = ["one", "FAIL: two", "three"]
        self.assertEqual(telling_lines("\n".join(output)), output)

    def test_no_output_is_no_lines(self):
        self.assertEqual(telling_lines(""), [])


if __name__ == "__main__":
    unittest.main()
