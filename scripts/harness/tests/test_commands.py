"""What may be typed, and what is refused with the exit code for that."""

import contextlib
import io
import unittest

from harness import chaos_command, command, compare_command, install
from harness.cells import CELLS


class CommandTests(unittest.TestCase):
    def refused(self, parse, *arguments):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as caught:
            parse(*arguments)
        self.assertEqual(caught.exception.code, 64)
        self.assertIn("--help", said.getvalue())

    def test_a_run_by_default_is_five_nodes_in_whatever_network_there_is(self):
        options = command.parse([])
        self.assertEqual((options.action, options.nodes, options.network, options.all), ("test", 5, "auto", False))

    def test_nonsense_is_refused(self):
        self.refused(command.parse, ["test", "--scenario", "earthquake"])
        self.refused(command.parse, ["--nodes", "0"])
        self.refused(chaos_command.parse, ["--minutes", "0"])
        self.refused(chaos_command.parse, ["--nodes", "2"])
        self.refused(compare_command.parse, "compare", ["--systems", "zookeeper"])
        self.refused(compare_command.parse, "bench", ["--sizes", "8,1"])

    def test_bench_is_iridium_alone_and_compare_is_all(self):
        self.assertEqual(compare_command.parse("bench", []).systems, ["iridium"])
        self.assertEqual(compare_command.parse("compare", []).systems, ["iridium", "serf", "kinship"])

    def test_the_grids_are_asked_for(self):
        usual = compare_command.parse("compare", []).cells
        self.assertEqual(set(CELLS) - set(usual), {"stops", "loss"})
        self.assertEqual(compare_command.parse("compare", ["--cells", "stops"]).cells, ["stops"])

    def test_what_is_there_is_not_installed(self):
        said = []
        self.assertEqual(install.missing(["sh"]), [])
        install.install([], said.append)
        self.assertEqual(said, [])


if __name__ == "__main__":
    unittest.main()
