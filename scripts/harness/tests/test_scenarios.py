"""Each scenario passes on a cluster that behaves, and fails, naming the culprit, on one that does not."""

import unittest

from harness.scenarios import BY_NAME, DISTURBANCES, plan
from harness.scenarios.form import judge_formation
from harness.scenarios.kill import kill, mass_kill, silent_kill
from harness.scenarios.leave import leave
from harness.scenarios.loss import loss
from harness.scenarios.partition import partition
from harness.scenarios.pause import pause
from harness.scenarios.quiet import quiet
from harness.scenarios.rest import rest
from harness.scenarios.restart import restart
from harness.scenarios.rolling import rolling
from harness.run.stage import NodeEnded

from .scripted import formed


def notice_death(cluster, after=2.0, observers=None):
    """Makes the others suspect the target of the verb and declare it dead."""

    def script(victim):
        said = cluster.others(victim) if observers is None else observers(victim)
        cluster.say(said, "suspected", victim, after / 2)
        cluster.say(said, "failed", victim, after)

    return script


class KillTests(unittest.TestCase):
    def test_a_death_that_all_see_in_time_passes(self):
        stage, cluster = formed()
        cluster.after["kill"] = notice_death(cluster)
        (verdict,) = kill(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.outcome, "4/4 saw dead")
        self.assertAlmostEqual(verdict.seconds, 2.0)
        self.assertEqual(verdict.note, "suspect after 1.0 s")
        self.assertEqual(verdict.measurements["detection"]["p50_ms"], 2000.0)

    def test_one_observer_that_sees_nothing_fails_and_is_blamed(self):
        stage, cluster = formed()
        cluster.after["kill"] = notice_death(cluster, observers=lambda v: cluster.others(v)[1:])
        (verdict,) = kill(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.outcome, "3/4 saw dead")
        blind = cluster.others(verdict.measurements["victim"])[0]
        self.assertEqual(verdict.blamed, blind)
        self.assertIn(f"{blind} still lists", verdict.complaint)
        self.assertIn("as alive", verdict.complaint)

    def test_a_death_seen_after_the_limit_fails(self):
        stage, cluster = formed()
        cluster.after["kill"] = notice_death(cluster, after=stage.limits.crash_known + 0.5)
        (verdict,) = kill(stage)
        self.assertFalse(verdict.passed)

    def test_burying_a_bystander_fails(self):
        stage, cluster = formed()

        def script(victim):
            notice_death(cluster)(victim)
            bystander, observer = cluster.others(victim)[:2]
            cluster.say([observer], "failed", bystander, 1.5)

        cluster.after["kill"] = script
        (verdict,) = kill(stage)
        self.assertFalse(verdict.passed)
        self.assertIn("although it ran", verdict.complaint)

    def test_a_process_that_ends_by_itself_stops_the_scenario(self):
        stage, cluster = formed()
        cluster.after["kill"] = lambda victim: setattr(cluster, "ended", ("n9", "exit code 1"))
        with self.assertRaises(NodeEnded) as caught:
            list(kill(stage))
        self.assertEqual(caught.exception.node, "n9")


class RestTests(unittest.TestCase):
    def test_a_minute_without_suspicion_and_with_little_work_passes(self):
        stage, cluster = formed()
        cluster.machine.share = 0.02
        (verdict,) = rest(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.outcome, "0 suspected, 10.0% of one core")

    def test_one_suspicion_fails(self):
        stage, cluster = formed()
        cluster.say(["n2"], "suspected", "n3", 80)
        (verdict,) = rest(stage)
        self.assertEqual((verdict.passed, verdict.blamed), (False, "n2"))
        self.assertIn("n3 suspected at rest", verdict.complaint)

    def test_much_work_of_all_together_fails(self):
        stage, cluster = formed()
        cluster.machine.share = 0.05
        (verdict,) = rest(stage)
        self.assertFalse(verdict.passed)
        self.assertIn("25.0% of one core, limit 15%", verdict.complaint)


class PauseTests(unittest.TestCase):
    def script(self, cluster, short_deaths=False, comes_back=True):
        """The first pause of a run is the short one, the second the long one."""
        seen = []

        def paused(victim):
            seen.append(victim)
            if len(seen) == 2 or short_deaths:
                notice_death(cluster)(victim)

        def resumed(victim):
            if comes_back:
                cluster.say(cluster.others(victim), "joined", victim, 0.3)

        cluster.after["pause"], cluster.after["resume"] = paused, resumed

    def test_a_short_stop_unnoticed_and_a_long_one_noticed_pass(self):
        stage, cluster = formed()
        self.script(cluster)
        short, long = pause(stage)
        self.assertTrue(short.passed, short.complaint)
        self.assertEqual(short.outcome, "stopped 1.5 s, 0 declared dead")
        self.assertTrue(long.passed, long.complaint)
        self.assertEqual(long.outcome, "8 s: 4/4 dead, 4/4 back")
        self.assertAlmostEqual(long.seconds, 0.3)
        self.assertEqual([verb for verb, _ in cluster.deeds], ["pause", "resume"] * 2)

    def test_a_death_after_a_short_stop_fails(self):
        stage, cluster = formed()
        self.script(cluster, short_deaths=True)
        short, _ = pause(stage)
        self.assertFalse(short.passed)
        self.assertEqual(short.outcome, "stopped 1.5 s, 1 declared dead")

    def test_one_that_is_not_taken_back_fails(self):
        stage, cluster = formed()
        self.script(cluster, comes_back=False)
        _, long = pause(stage)
        self.assertFalse(long.passed)
        self.assertIsNone(long.seconds)
        self.assertEqual(long.outcome, "8 s: 4/4 dead, 0/4 back")

    def test_a_long_stop_that_nobody_notices_fails(self):
        stage, _ = formed()
        _, long = pause(stage)
        self.assertFalse(long.passed)
        self.assertIn("0 of 4 declared", long.complaint)

    def test_the_sleeper_may_not_bury_others_when_it_wakes(self):
        stage, cluster = formed()
        self.script(cluster)
        woken = cluster.after["resume"]

        def resumed(victim):
            woken(victim)
            healthy = cluster.others(victim)[0]
            cluster.say([victim], "failed", healthy, 0.1)
            cluster.say([victim], "joined", healthy, 0.2)

        cluster.after["resume"] = resumed
        short, long = pause(stage)
        self.assertFalse(short.passed)
        self.assertFalse(long.passed)


class RestartTests(unittest.TestCase):
    def returning(self, cluster, incarnation):
        def script(victim):
            cluster.incarnation = incarnation
            cluster.say(cluster.others(victim), "restarted", victim, 0.2)

        return script

    def test_a_return_by_a_higher_incarnation_passes(self):
        stage, cluster = formed()
        cluster.after["start"] = self.returning(cluster, 2)
        (verdict,) = restart(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.note, "incarnation 1 → 2")
        self.assertAlmostEqual(verdict.seconds, 0.2)

    def test_a_return_by_the_old_incarnation_fails(self):
        stage, cluster = formed()
        cluster.after["start"] = self.returning(cluster, 1)
        (verdict,) = restart(stage)
        self.assertFalse(verdict.passed)
        self.assertIn("incarnation 1", verdict.complaint)


class LeaveTests(unittest.TestCase):
    def leaving(self, cluster):
        return lambda victim: cluster.say(cluster.others(victim), "left", victim, 0.03)

    def test_a_goodbye_that_all_hear_passes(self):
        stage, cluster = formed()
        cluster.after["leave"] = self.leaving(cluster)
        (verdict,) = leave(stage)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_being_called_dead_after_a_goodbye_fails(self):
        stage, cluster = formed()

        def script(victim):
            self.leaving(cluster)(victim)
            cluster.say(cluster.others(victim)[:1], "failed", victim, 2.0)

        cluster.after["leave"] = script
        (verdict,) = leave(stage)
        self.assertFalse(verdict.passed)

    def test_a_wrong_exit_status_fails_and_blames_who_left(self):
        stage, cluster = formed()
        cluster.after["leave"] = self.leaving(cluster)
        cluster.status = 3
        (verdict,) = leave(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.blamed, verdict.measurements["victim"])

    def test_a_process_that_does_not_end_fails(self):
        stage, cluster = formed()
        cluster.after["leave"] = self.leaving(cluster)
        cluster.status = None
        (verdict,) = leave(stage)
        self.assertIn("still runs", verdict.complaint)


class FormAndQuietTests(unittest.TestCase):
    def test_agreement_counts_from_the_last_start(self):
        stage, cluster = formed()
        since = stage.now() - 2.5
        for observer in cluster.names:
            cluster.say_now(observer, "updated", "n1")
        verdict = judge_formation(stage, since)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertAlmostEqual(verdict.seconds, 2.5)
        self.assertEqual(verdict.outcome, "5/5 agree")

    def test_agreement_after_the_limit_fails_with_its_time(self):
        stage, cluster = formed()
        cluster.say_now("n2", "failed", "n5")
        cluster.say(["n2"], "joined", "n5", 4.0)
        verdict = judge_formation(stage, stage.now())
        self.assertFalse(verdict.passed)
        self.assertAlmostEqual(verdict.seconds, 4.0)

    def test_one_that_does_not_know_all_fails_and_is_blamed(self):
        stage, cluster = formed()
        cluster.say_now("n3", "failed", "n5")
        verdict = judge_formation(stage, stage.now())
        self.assertEqual((verdict.passed, verdict.blamed), (False, "n3"))
        self.assertEqual(verdict.outcome, "4/5 agree")

    def test_equal_lists_with_unequal_views_fail(self):
        stage, _ = formed()
        stage.control.views["n4"] = "another view"
        (verdict,) = quiet(stage)
        self.assertIn("2 different views", verdict.complaint)

    def test_nothing_said_passes(self):
        stage, _ = formed()
        (verdict,) = quiet(stage)
        self.assertTrue(verdict.passed, verdict.complaint)

    def test_a_suspicion_out_of_the_blue_fails(self):
        stage, cluster = formed()
        cluster.say(["n2"], "suspected", "n4", 1.0)
        (verdict,) = quiet(stage)
        self.assertEqual((verdict.passed, verdict.blamed), (False, "n2"))


class SilenceTests(unittest.TestCase):
    def test_a_stopped_process_is_dead_to_all_and_is_then_ended(self):
        stage, cluster = formed()
        cluster.after["pause"] = notice_death(cluster)
        (verdict,) = silent_kill(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual([verb for verb, _ in cluster.deeds], ["pause", "kill"])

    def test_of_several_deaths_each_must_be_seen_by_each(self):
        stage, cluster = formed(count=7)
        seen = []

        def script(victim):
            seen.append(victim)
            blind = sorted(set(cluster.names) - set(seen))[0]
            said = [name for name in cluster.others(victim) if len(seen) < 3 or name != blind]
            cluster.say(said, "failed", victim, 2.0)

        cluster.after["kill"] = script
        (verdict,) = mass_kill(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.outcome, "3/4 saw 3 dead")
        self.assertIn(f"{verdict.blamed} still lists {seen[-1]}", verdict.complaint)


class NetworkTests(unittest.TestCase):
    def cut(self, stage, cluster, heals=True, bystander=False):
        """Both parts declare each other dead, and take each other back."""

        def after(verb):
            if verb == "disturb":
                few, many = cluster.network.faults[-1]
                for observers, members in ((few, many), (many, few)):
                    for member in members:
                        cluster.say(observers, "failed", member, 3.0)
                if bystander:
                    cluster.say(many[:1], "failed", many[1], 4.0)
                    cluster.say(many[:1], "recovered", many[1], 5.0)
            elif heals:
                for member in cluster.names:
                    cluster.say(cluster.names, "joined", member, 0.5)

        cluster.network.after = after
        (verdict,) = partition(stage)
        return verdict

    def test_a_cut_that_both_parts_see_and_that_heals_passes(self):
        verdict = self.cut(*formed())
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertAlmostEqual(verdict.seconds, 0.5)

    def test_parts_that_stay_apart_after_the_heal_fail(self):
        verdict = self.cut(*formed(), heals=False)
        self.assertFalse(verdict.passed)
        self.assertIn("after the heal", verdict.complaint)

    def test_a_death_on_the_own_side_fails(self):
        verdict = self.cut(*formed(), bystander=True)
        self.assertFalse(verdict.passed)
        self.assertIn("on its own side", verdict.complaint)

    def test_loss_that_buries_somebody_fails(self):
        stage, cluster = formed()
        cluster.say(["n1"], "failed", "n2", 5.0)
        (verdict,) = loss(20, "udp")(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(cluster.network.faults, [])
        self.assertEqual(verdict.measurements["false_deaths"], {"n2": ["n1"]})

    def test_loss_that_only_raises_suspicion_passes(self):
        stage, cluster = formed()
        cluster.say(["n1"], "suspected", "n2", 5.0)
        cluster.say(["n1"], "recovered", "n2", 6.0)
        (verdict,) = loss(20, None)(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.note, "1 suspected")


class RollingTests(unittest.TestCase):
    def test_each_goes_and_returns(self):
        stage, cluster = formed()
        cluster.after["leave"] = lambda name: cluster.say(cluster.others(name), "left", name, 0.01)

        def started(name):
            cluster.say(cluster.names, "joined", name, 0.2)

        cluster.after["start"] = started
        (verdict,) = rolling(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.outcome, "5/5 restarted one by one")

    def test_one_that_does_not_return_is_named(self):
        stage, cluster = formed()
        cluster.after["leave"] = lambda name: cluster.say(cluster.others(name), "left", name, 0.01)
        (verdict,) = rolling(stage)
        self.assertFalse(verdict.passed)
        self.assertIn("does not list n1", verdict.complaint)


class PlanTests(unittest.TestCase):
    def names(self, asked, seed=1):
        return [scenario.name for scenario in plan(asked, seed)]

    def test_the_seed_decides_the_order_and_nothing_else(self):
        orders = {tuple(self.names([], seed)) for seed in range(30)}
        self.assertGreater(len(orders), 10)
        for order in orders:
            quick = {"form", "idle", "quiet"} | {one.name for one in DISTURBANCES if one.quick}
            self.assertEqual(set(order), quick)
            self.assertEqual((order[0], order[-2:]), ("form", ("idle", "quiet")))
        self.assertEqual(self.names([], 5), self.names([], 5))

    def test_everything_is_played_when_all_is_asked_for(self):
        names = [scenario.name for scenario in plan([], 3, everything=True)]
        self.assertEqual(sorted(names), sorted(BY_NAME))

    def test_what_is_asked_for_is_played_in_that_order_between_form_and_quiet(self):
        self.assertEqual(
            self.names(["restart", "kill"]), ["form", "restart", "kill", "quiet"]
        )
        self.assertEqual(self.names(["quiet", "form"]), ["form", "quiet"])

    def test_the_victims_of_a_scenario_do_not_depend_on_what_ran_before(self):
        victims = []
        for before in ([], ["pause", "leave"]):
            stage, cluster = formed(count=30)
            for name in before:
                stage.begin(name)
                stage.pick()
            stage.begin("kill")
            victims.append(stage.pick())
        self.assertEqual(victims[0], victims[1])

    def test_every_disturbance_can_be_asked_for(self):
        for scenario in DISTURBANCES:
            self.assertIs(BY_NAME[scenario.name], scenario)
