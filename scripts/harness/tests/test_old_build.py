"""The program of an earlier commit is built from an archive of it; a commit that is not here says so."""

import argparse
import contextlib
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from harness.run.options import commit
from harness.suite.build import PREVIOUS_COMMIT, BuildFailed, build_commit


class OldBuildTests(unittest.TestCase):
    def test_a_commit_that_is_not_here_is_named(self):
        with tempfile.TemporaryDirectory() as place, unittest.mock.patch("harness.suite.build.OUT", Path(place)):
            with self.assertRaises(BuildFailed) as caught:
                build_commit("0" * 40, contextlib.nullcontext, lambda text: None)
        self.assertIn("git", str(caught.exception))

    def test_only_the_name_of_a_commit_is_one(self):
        self.assertEqual(commit(PREVIOUS_COMMIT), PREVIOUS_COMMIT)
        for text in ("HEAD", "--output=x", "44a29", "44a29cb/../.."):
            with self.assertRaises(argparse.ArgumentTypeError):
                commit(text)


if __name__ == "__main__":
    unittest.main()
