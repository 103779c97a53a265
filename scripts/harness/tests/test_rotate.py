"""A rotation is judged by what the nodes say of their keys, and of each other meanwhile."""

import unittest

from harness.nodes.control import ControlError
from harness.scenarios.rotate import rotate

from .scripted import ScriptedControl, formed


class KeyControl(ScriptedControl):
    """Nodes whose keys are rotated at a word; `silent` does not confirm."""

    def __init__(self, nodes):
        super().__init__()
        self.version = {name: 0 for name in nodes}
        self.silent = None
        self.names_the_silent = True

    def keys(self, node):
        version = self.version[node]
        key = {"key": f"key{version // 3}", "role": "seals"}
        return {"version": version, "stage": "settled", "hash": f"{version:08x}", "keys": [key]}

    def sealing_key(self, node):
        return self.keys(node)["keys"][0]["key"]

    def rotate_keys(self, node, patience):
        del node, patience
        if self.silent is not None:
            raise ControlError(f"did not confirm: {self.silent if self.names_the_silent else 'n99'}")
        self.version = {name: version + 3 for name, version in self.version.items()}


def stage_with_keys():
    stage, cluster = formed()
    stage.control = KeyControl(cluster.names)
    cluster.after["pause"] = lambda victim: setattr(stage.control, "silent", victim)
    cluster.after["resume"] = lambda victim: setattr(stage.control, "silent", None)
    return stage, cluster


class RotateTests(unittest.TestCase):
    def test_a_rotation_that_all_confirm_passes_and_so_does_one_that_named_the_stopped(self):
        stage, _ = stage_with_keys()
        verdicts = rotate(stage)
        everybody, stopped = next(verdicts), next(verdicts)
        self.assertTrue(everybody.passed, everybody.complaint)
        self.assertEqual(everybody.outcome, "5/5 hold the new key")
        self.assertTrue(stopped.passed, stopped.complaint)

    def test_a_member_that_keeps_the_old_key_fails_and_is_blamed(self):
        stage, _ = stage_with_keys()
        rotated = stage.control.rotate_keys

        def forgetting(node, patience):
            rotated(node, patience)
            stage.control.version["n4"] = 0

        stage.control.rotate_keys = forgetting
        verdict = next(rotate(stage))
        self.assertFalse(verdict.passed)
        self.assertEqual(verdict.blamed, "n4")

    def test_burying_somebody_during_a_rotation_fails(self):
        stage, cluster = stage_with_keys()
        rotated = stage.control.rotate_keys

        def burying(node, patience):
            rotated(node, patience)
            cluster.say(["n1"], "failed", "n2", 0.1)

        stage.control.rotate_keys = burying
        verdict = next(rotate(stage))
        self.assertFalse(verdict.passed)
        self.assertIn("n2 was declared dead by n1", verdict.complaint)

    def test_a_rotation_that_does_not_name_who_was_stopped_fails(self):
        stage, _ = stage_with_keys()
        stage.control.names_the_silent = False
        verdicts = rotate(stage)
        next(verdicts)
        verdict = next(verdicts)
        self.assertFalse(verdict.passed)
        self.assertIn("did not name it", verdict.complaint)


if __name__ == "__main__":
    unittest.main()
