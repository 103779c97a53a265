"""A schedule follows from its seed; the player holds the cluster to its invariants."""

import unittest

from harness.chaos import schedule
from harness.chaos.chaos import Chaos, judge_memory
from harness.nodes.sampler import Series
from harness.chaos.schedule import Deed

from .scripted import formed

NAMES = [f"n{number}" for number in range(1, 11)]


class ScheduleTests(unittest.TestCase):
    def test_the_same_seed_makes_the_same_schedule_and_another_another(self):
        self.assertEqual(schedule.make(NAMES, 120, 5, True), schedule.make(NAMES, 120, 5, True))
        self.assertNotEqual(schedule.make(NAMES, 120, 5, True), schedule.make(NAMES, 120, 6, True))

    def test_what_is_written_is_read_again(self):
        deeds = schedule.make(NAMES, 120, 5, True)
        self.assertEqual(schedule.read(schedule.write(deeds)), deeds)
        with self.assertRaisesRegex(ValueError, "line 2"):
            schedule.read(schedule.write(deeds[:1]) + "{}\n")

    def test_no_schedule_takes_away_more_than_three_of_ten_or_breaks_the_network_twice_at_once(self):
        kinds = set()
        for seed in range(50):
            deeds = schedule.make(NAMES, 300, seed, True)
            kinds |= {deed.kind for deed in deeds}
            for deed in deeds:
                at_work = [other for other in deeds if other.at <= deed.at < other.end]
                away = {n for d in at_work if d.kind in ("kill", "pause", "leave") for n in d.nodes}
                self.assertLessEqual(len(away), 3, seed)
                broken = [d for d in at_work if d.kind not in ("kill", "pause", "leave")]
                self.assertLessEqual(len(broken), 1, seed)
                self.assertLessEqual(deed.end, 300 - schedule.CALM_SECONDS + 0.1)
        self.assertEqual(len(kinds), 9)

    def test_without_a_network_of_its_own_only_processes_are_hurt(self):
        kinds = {deed.kind for seed in range(20) for deed in schedule.make(NAMES, 120, seed, False)}
        self.assertEqual(kinds, {"kill", "pause", "leave"})


class ChaosTests(unittest.TestCase):
    def play(self, deeds, script=lambda stage, cluster: None):
        stage, cluster = formed(count=6)
        script(stage, cluster)
        said = []
        verdicts = {v.scenario: v for v in Chaos(stage, deeds, said.append).play(60, dict)}
        return verdicts, said, cluster

    def test_a_pause_that_ends_and_is_forgiven_is_no_violation(self):
        def script(stage, cluster):
            cluster.after["pause"] = lambda name: cluster.say(cluster.others(name), "failed", name, 3)
            cluster.after["resume"] = lambda name: cluster.say(cluster.others(name), "joined", name, 1)

        verdicts, said, cluster = self.play([Deed(5, "pause", 10, ("n2",))], script)
        self.assertTrue(all(v.passed or v.skipped for v in verdicts.values()), verdicts)
        self.assertEqual(said, ["pause n2 for 10 s"])
        self.assertEqual(cluster.deeds, [("pause", "n2"), ("resume", "n2")])

    def test_one_that_is_never_taken_back_is_a_violation_after_the_bound(self):
        def script(stage, cluster):
            cluster.after["pause"] = lambda name: cluster.say(["n1"], "failed", name, 3)

        verdicts, said, _ = self.play([Deed(5, "pause", 10, ("n2",))], script)
        self.assertFalse(verdicts["healthy"].passed)
        self.assertEqual(verdicts["healthy"].blamed, "n1")
        self.assertIn("n1 holds n2 as dead", said[-1])
        self.assertFalse(verdicts["unity"].passed)

    def test_a_bystander_that_is_dead_for_shorter_than_the_bound_is_none(self):
        def script(stage, cluster):
            cluster.say(["n1"], "failed", "n3", 20)
            cluster.say(["n1"], "recovered", "n3", 20 + stage.limits.dead_bound - 1)

        verdicts, _, _ = self.play([], script)
        self.assertTrue(verdicts["healthy"].passed)
        self.assertEqual(verdicts["healthy"].note, "1 mistaken for a moment")

    def test_two_that_were_cut_apart_owe_each_other_nothing_until_the_bound_after_the_heal(self):
        def script(stage, cluster):
            cluster.say(["n1"], "failed", "n3", 6)
            cluster.say(["n1"], "joined", "n3", 28)

        cut = Deed(5, "partition", 20, ("n1",))
        self.assertTrue(self.play([cut], script)[0]["healthy"].passed)
        self.assertFalse(self.play([], script)[0]["healthy"].passed)

    def test_one_that_starts_beyond_a_cut_owes_nothing_before_the_heal(self):
        def script(stage, cluster):
            cluster.after["start"] = lambda name: stage.timeline.started_anew(name)
            for member in cluster.names:
                cluster.say(["n1"], "joined", member, 33)

        cut, death = Deed(5, "partition", 25, ("n1", "n2")), Deed(8, "kill", 1, ("n1",))
        self.assertTrue(self.play([cut, death], script)[0]["healthy"].passed)
        self.assertFalse(self.play([death], script)[0]["healthy"].passed)

    def test_a_process_that_ends_by_itself_is_named(self):
        def script(stage, cluster):
            stage.timeline.schedule(9, lambda: setattr(cluster, "ended", ("n4", "ended by SIGSEGV")))

        verdicts, _, _ = self.play([], script)
        self.assertFalse(verdicts["processes"].passed)
        self.assertEqual(verdicts["processes"].blamed, "n4")


class MemoryTests(unittest.TestCase):
    def series(self, *lives):
        made, at = Series(), 0.0
        for pid, sizes in enumerate(lives, 1):
            for size in sizes:
                made.at.append(at)
                made.pid.append(pid)
                made.resident.append(int(size * (1 << 20)))
                at += 1
        return made

    def test_a_process_that_goes_on_growing_fails(self):
        growing = self.series([10 + second / 5 for second in range(120)])
        verdict = judge_memory({"n1": self.series([10] * 120), "n2": growing})
        self.assertEqual((verdict.passed, verdict.blamed), (False, "n2"))

    def test_growing_up_and_being_started_again_is_no_growth(self):
        young = [second for second in range(30)] + [30] * 60
        self.assertTrue(judge_memory({"n1": self.series(young, [60] * 60)}).passed)

    def test_lives_too_short_to_judge_are_not_judged(self):
        self.assertTrue(judge_memory({"n1": self.series([1] * 20)}).skipped)


if __name__ == "__main__":
    unittest.main()
