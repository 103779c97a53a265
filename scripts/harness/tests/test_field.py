"""Scenarios of the first day in the field: each passes on a cluster that behaves, and names what does not."""

import unittest

from harness.run.stage import NodeEnded
from harness.run.verdict import Verdict, failed_verdicts
from harness.scenarios.identity import copied_directory, lost_incarnation
from harness.scenarios.reach import WATCH_SECONDS, no_route, uncallable
from harness.scenarios.surroundings import control_socket, descriptors, unread_output

from .scripted import formed


class UncallableTests(unittest.TestCase):
    """x1 states a port that is closed, x2 the address of n1; both are 10.0.0.1 in a scripted cluster."""

    def script(self, cluster, deaths, last=10.0, lines=("iridium: no answer at 10.0.0.1:9 and 10.0.0.1:2254",)):
        def started(guest):
            cluster.lines[guest] = list(lines)
            for number in range(deaths if guest == "x1" else 0):
                cluster.say(cluster.names, "joined", guest, number * 2 + 1)
                cluster.say(cluster.names, "failed", guest, number * 2 + 2)
            cluster.say(cluster.names[:1], "suspected", guest, last)

        cluster.after["start"] = started

    def test_two_deaths_and_then_quiet_pass(self):
        stage, cluster = formed()
        self.script(cluster, deaths=2)
        for verdict in uncallable(stage):
            self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(cluster.nodes["x1"].options, ["--advertise", "10.0.0.1:9"])
        self.assertEqual(cluster.nodes["x2"].options, ["--advertise", "10.0.0.1:2254"])

    def test_a_third_death_fails(self):
        stage, cluster = formed()
        self.script(cluster, deaths=3)
        closed, other = uncallable(stage)
        self.assertFalse(closed.passed)
        self.assertIn("declared x1 dead 3 times", closed.complaint)
        self.assertTrue(other.passed, other.complaint)

    def test_a_change_in_the_end_fails(self):
        stage, cluster = formed()
        self.script(cluster, deaths=1, last=WATCH_SECONDS - 1)
        for verdict in uncallable(stage):
            self.assertIn("still says suspected", verdict.complaint)

    def test_a_join_that_does_not_say_the_address_fails(self):
        stage, cluster = formed()
        self.script(cluster, deaths=1, lines=[
            "# harness: start", '{"schema":"iridium.ready/1","address":"10.0.0.1:9"}'])
        closed, _ = uncallable(stage)
        self.assertFalse(closed.passed)
        self.assertEqual(closed.blamed, "x1")


class NoRouteTests(unittest.TestCase):
    def test_a_member_that_names_the_family_passes(self):
        stage, cluster = formed()
        cluster.lines["n1"] = ["iridium: open UDP port 2254"]
        cluster.after["start"] = lambda guest: cluster.lines["n1"].append(
            '{"schema":"iridium.note/1","text":"this node sends IPv4 only, and x1 is at an IPv6 address"}')
        (verdict,) = no_route(stage)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_advice_about_a_port_fails(self):
        stage, cluster = formed()
        cluster.after["start"] = lambda guest: cluster.lines.update(
            n2=["iridium: open UDP port 2254", "iridium: IPv6"])
        (verdict,) = no_route(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.blamed, "n2")

    def test_the_guest_may_think_of_a_port_beside_its_address(self):
        stage, cluster = formed()
        cluster.after["start"] = lambda guest: cluster.lines.update(
            n1=["iridium: this node sends IPv4 only, not IPv6"],
            x1=["iridium: open UDP port 2254, or state another address than [fd99::1]:2254"])
        (verdict,) = no_route(stage)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_silence_fails(self):
        stage, _ = formed()
        (verdict,) = no_route(stage)
        self.assertFalse(verdict.passed)
        self.assertIn("no member says", verdict.complaint)


class CopiedDirectoryTests(unittest.TestCase):
    """The copies are x1 to x3 one after the other, then x4 and x5 together."""

    def formed(self):
        stage, cluster = formed()
        for copy in ("x1", "x2", "x3", "x4"):
            cluster.lines[copy] = ["iridium: another process has this identity [IR-20]"]
        cluster.statuses["x5"] = None

        def killed(victim):
            cluster.say(cluster.others(victim), "failed", victim, 0.1)

        cluster.after["kill"] = killed
        return stage, cluster

    def test_copies_that_stop_and_say_why_pass(self):
        stage, _ = self.formed()
        for verdict in copied_directory(stage):
            self.assertTrue(verdict.passed, f"{verdict.title}: {verdict.complaint}")

    def test_a_copy_that_runs_on_fails(self):
        stage, cluster = self.formed()
        cluster.statuses["x2"] = None
        verdicts = list(copied_directory(stage))
        self.assertEqual([verdict.passed for verdict in verdicts], [True, False, True, True])
        self.assertEqual(verdicts[1].outcome, "both run")

    def test_a_copy_that_stops_without_a_reason_fails(self):
        stage, cluster = self.formed()
        cluster.lines["x3"] = ["iridium: goodbye"]
        verdicts = list(copied_directory(stage))
        self.assertIn("without IR-20", verdicts[2].complaint)

    def test_two_that_both_stop_fail(self):
        stage, cluster = self.formed()
        cluster.statuses["x5"] = 78
        verdicts = list(copied_directory(stage))
        self.assertIn("both processes", verdicts[3].complaint)


class LostIncarnationTests(unittest.TestCase):
    def test_a_node_that_comes_back_and_runs_on_passes(self):
        stage, cluster = formed()
        cluster.after["start"] = lambda name: cluster.say(cluster.others(name), "restarted", name, 0.2)
        (verdict,) = lost_incarnation(stage)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_a_node_that_stops_itself_ends_the_scenario(self):
        stage, cluster = formed()
        cluster.after["start"] = lambda name: cluster.timeline.schedule(
            3, lambda: setattr(cluster, "ended", (name, "exit code 78")))
        with self.assertRaises(NodeEnded):
            list(lost_incarnation(stage))


class DescriptorTests(unittest.TestCase):
    def starved(self, share, said):
        stage, cluster = formed()
        cluster.machine.share = share
        cluster.after["no_more_files"] = lambda name: cluster.lines.update(
            {name: ["iridium: no descriptor is left [IR-19]"] * said})
        (verdict,) = descriptors(stage)
        return verdict

    def test_waiting_and_one_word_pass(self):
        verdict = self.starved(share=0.01, said=1)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_a_core_fails(self):
        self.assertIn("90% of a core", self.starved(share=0.9, said=1).complaint)

    def test_saying_it_again_and_again_or_never_fails(self):
        self.assertIn("3 times", self.starved(share=0, said=3).complaint)
        self.assertIn("0 times", self.starved(share=0, said=0).complaint)


class UnreadOutputTests(unittest.TestCase):
    def script(self, cluster):
        cluster.after["start"] = lambda guest: cluster.say(cluster.names, "joined", guest, 0.5)
        cluster.after["leave"] = lambda guest: cluster.say(cluster.names, "left", guest, 0.1)

    def test_a_node_that_ends_passes(self):
        stage, cluster = formed()
        self.script(cluster)
        (verdict,) = unread_output(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(stage.control.sent, 120)

    def test_a_node_that_runs_on_fails(self):
        stage, cluster = formed()
        self.script(cluster)
        cluster.status = None
        (verdict,) = unread_output(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.outcome, "asked to end: it still runs")
        self.assertEqual(verdict.note, "5/5 heard its goodbye")

    def test_a_goodbye_that_one_misses_fails(self):
        stage, cluster = formed()
        self.script(cluster)
        cluster.after["leave"] = lambda guest: cluster.say(cluster.names[1:], "left", guest, 0.1)
        (verdict,) = unread_output(stage)
        self.assertIn("4 of 5 members heard", verdict.complaint)


class ControlSocketTests(unittest.TestCase):
    def test_a_socket_that_comes_back_passes(self):
        stage, cluster = formed()

        def removed(name):
            stage.control.silent.append(name)
            cluster.timeline.schedule(3, stage.control.silent.clear)

        cluster.after["remove_control_socket"] = removed
        (verdict,) = control_socket(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertAlmostEqual(verdict.seconds, 3)

    def test_a_node_that_cannot_be_asked_fails_and_is_replaced(self):
        stage, cluster = formed()
        cluster.after["remove_control_socket"] = stage.control.silent.append
        (verdict,) = control_socket(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual([verb for verb, _ in cluster.deeds], ["kill"])


class KnownGapTests(unittest.TestCase):
    def test_a_known_gap_is_no_failure_and_no_pass(self):
        open_one = Verdict("a", "a", "", passed=False, known_gap=True)
        closed = Verdict("b", "b", "", passed=True, known_gap=True)
        failed = Verdict("c", "c", "", passed=False)
        self.assertEqual([one.word for one in (open_one, closed, failed)], ["OPEN", "PASS", "FAIL"])
        self.assertEqual(failed_verdicts([open_one, closed, failed]), [failed])


if __name__ == "__main__":
    unittest.main()
