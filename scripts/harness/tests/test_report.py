"""report.json and junit.xml from verdicts."""

import unittest

from harness.page import report
from harness.nodes.measure import Sample, figures, medians
from harness.nodes.timeline import Timeline
from harness.run.verdict import Verdict

PASSED = Verdict("kill", "kill n4", "4/4 saw dead", True, 2.1, 6, measurements={"detection_ms": [1900.0, 2100.0]})
FAILED = Verdict("leave", "leave n2", "3/4 saw it leave", False, 0.1, 2, complaint="n1 \x00 did not", blamed="n1")
SKIPPED = Verdict("pause", "pause", "needs 2 nodes", False, skipped=True)


def compose(verdicts):
    return report.compose({"seed": 7}, verdicts, Timeline(), [(101.5, "n4", "kill")], 100.0, {}, {})


class ReportTests(unittest.TestCase):
    def test_skipped_is_neither_passed_nor_failed(self):
        made = compose([PASSED, SKIPPED])
        self.assertTrue(made["passed"])
        self.assertEqual(made["counts"], {"passed": 1, "failed": 0, "skipped": 1})
        self.assertFalse(compose([PASSED, FAILED])["passed"])

    def test_times_count_from_the_start_of_the_run(self):
        self.assertEqual(compose([PASSED])["faults"], [{"at_ms": 1500.0, "node": "n4", "what": "kill"}])

    def test_detection_is_over_all_observers_of_all_deaths(self):
        self.assertEqual(compose([PASSED, PASSED])["detection"]["count"], 4)
        self.assertEqual(compose([PASSED])["detection"]["p50_ms"], 2000.0)

    def test_junit_has_a_case_for_each_verdict_and_the_log_of_the_blamed(self):
        tree = report.junit(compose([PASSED, FAILED, SKIPPED]), {"n1": ["last \x1b line"]})
        suite = tree.getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("skipped")), ("3", "1", "1"))
        failure = suite.find("./testcase[@name='leave n2']/failure")
        self.assertEqual(failure.get("message"), "n1 ? did not")
        self.assertEqual(failure.text, "last ? line")


class MeasureTests(unittest.TestCase):
    def sample(self, at, cpu, datagrams, count):
        return Sample(at, cpu, 12 << 20, None, datagrams, count, 0, 0)

    def test_rates_are_per_second_and_cpu_per_minute(self):
        used = figures("n1", self.sample(10, 1.0, 100, 5000), self.sample(20, 1.01, 120, 6000))
        self.assertAlmostEqual(used.cpu_seconds_per_minute, 0.06)
        self.assertAlmostEqual(used.datagrams_per_second, 2.0)
        self.assertAlmostEqual(used.bytes_per_second, 100.0)
        self.assertAlmostEqual(used.wire_bytes_per_second, 156.0)
        self.assertAlmostEqual(used.resident_mebibytes, 12.0)

    def test_what_the_system_does_not_tell_stays_unknown(self):
        used = figures("n1", self.sample(0, None, 0, 0), self.sample(1, None, 0, 0))
        self.assertIsNone(used.as_json()["cpu_s_per_minute"])
        self.assertIsNone(medians([used])["pss_mib"])
