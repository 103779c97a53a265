"""The belief of each node, from its reports."""

import unittest

from harness.nodes.events import Event, Ready
from harness.nodes.timeline import Timeline


def event(at, observer, member, kind, state, incarnation=1):
    return Event(at, observer, member, kind, state, incarnation)


class TimelineTests(unittest.TestCase):
    def setUp(self):
        self.time = 0.0
        self.timeline = Timeline(lambda: self.time)

    def record(self, *arguments):
        item = event(*arguments)
        self.timeline.record(item.observer, item)

    def test_the_last_word_of_an_observer_is_its_belief(self):
        self.record(1, "n1", "n2", "joined", "alive")
        self.record(2, "n1", "n2", "suspected", "suspect")
        self.record(3, "n1", "n2", "failed", "dead", 4)
        belief = self.timeline.belief("n1", "n2")
        self.assertEqual((belief.state, belief.incarnation, belief.since), ("dead", 4, 3))
        self.assertEqual(self.timeline.alive("n1"), frozenset())

    def test_observers_do_not_share_beliefs(self):
        self.record(1, "n1", "n2", "joined", "alive")
        self.assertIsNone(self.timeline.belief("n3", "n2"))
        self.assertEqual(self.timeline.alive("n1"), {"n2"})

    def test_what_says_nothing_of_a_state_changes_no_belief(self):
        self.record(1, "n1", "n2", "joined", "alive")
        self.record(2, "n1", "n2", "message", None)
        self.record(3, "n1", "n2", "suspected", None)
        self.assertEqual(self.timeline.belief("n1", "n2").since, 1)
        self.assertEqual(self.timeline.alive("n1"), {"n2"})
        self.assertEqual(len(self.timeline.events(2)), 2)

    def test_a_dropped_tombstone_is_no_belief(self):
        self.record(1, "n1", "n2", "left", "left")
        self.record(2, "n1", "n2", "removed", "left")
        self.assertIsNone(self.timeline.belief("n1", "n2"))

    def test_a_new_process_believes_nothing_yet(self):
        self.timeline.record("n1", Ready("n1", "0", "a", "c", 1, "default"))
        self.record(1, "n1", "n2", "joined", "alive")
        self.timeline.started_anew("n1")
        self.assertEqual(self.timeline.alive("n1"), frozenset())
        self.assertIsNone(self.timeline.ready("n1"))
        self.assertEqual(len(self.timeline.events(0)), 1)

    def test_events_are_chosen_by_time_kind_observer_and_member(self):
        self.record(1, "n1", "n2", "suspected", "suspect")
        self.record(2, "n1", "n2", "failed", "dead")
        self.record(3, "n3", "n2", "failed", "dead")
        self.assertEqual(len(self.timeline.events(2)), 2)
        self.assertEqual(len(self.timeline.events(0, ["failed"], ["n1"], ["n2"])), 1)
        self.assertEqual(self.timeline.events(0, ["failed"], [], ["n2"]), [])

    def test_a_wait_ends_when_its_time_is_over(self):
        self.time = 10.0
        self.assertFalse(self.timeline.wait_until(lambda: False, until=10.0))

    def test_a_condition_that_holds_already_needs_no_time(self):
        self.time = 10.0
        self.assertTrue(self.timeline.wait_until(lambda: True, until=0.0))

    def test_a_new_bearer_of_a_name_is_held_beside_its_dead_one(self):
        said = [("joined", "alive", "a"), ("failed", "dead", "a"), ("joined", "alive", "b")]
        for kind, state, bearer in [*said, ("failed", "dead", "a")]:
            self.timeline.record("n1", Event(5.0, "n1", "n2", kind, state, 1, id=bearer))
        self.assertEqual(self.timeline.alive("n1"), {"n2"})
        self.assertEqual(self.timeline.belief("n1", "n2").state, "alive")
