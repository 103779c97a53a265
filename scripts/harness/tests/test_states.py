"""The scenario of published states is judged by what each node holds of the others."""

import unittest

from harness.scenarios.states import states

from .scripted import ScriptedControl, formed


class StateControl(ScriptedControl):
    """Nodes that all hold what any of them publishes; `deaf` keeps what it held when the network was cut."""

    def __init__(self, cluster):
        super().__init__()
        self.cluster = cluster
        self.published = {name: {} for name in cluster.names}
        self.deaf = None
        self.kept = None

    def set_state(self, node, key, value):
        if self.kept is None and key == "side":
            self.kept = {name: dict(values) for name, values in self.published.items()}
        self.published[node][key] = value

    def state(self, node):
        held = self.kept if node == self.deaf else self.published
        running = self.cluster.running()
        return {"members": [{"member": name, "values": values} for name, values in held.items()
                            if values and name in running]}


def stage_with_states():
    stage, cluster = formed()
    stage.control = StateControl(cluster)
    return stage, cluster


class StatesTests(unittest.TestCase):
    def test_states_that_become_equal_pass(self):
        stage, _ = stage_with_states()
        (verdict,) = states(stage)
        self.assertTrue(verdict.passed, verdict.complaint)
        self.assertEqual(verdict.outcome, "4/4 hold what all others published")

    def test_a_node_that_keeps_old_values_fails_and_is_blamed(self):
        stage, _ = stage_with_states()
        stage.control.deaf = "n1"
        (verdict,) = states(stage)
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.blamed, "n1")
        self.assertIn("does not hold", verdict.complaint)


if __name__ == "__main__":
    unittest.main()
