"""The valid command lines, and the exit code for invalid ones."""

import contextlib
import io
import unittest

from harness.chaos import command as chaos_command
from harness.compare import command as compare_command
from harness.suite import install
from harness import command
from harness.compare.cells import CELLS
from harness.compare.state_cells import STATE_CELLS
from harness.run.options import build_kind


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

    def test_quick_scenarios_on_a_few_nodes_are_played_with_the_debug_build(self):
        def kind(*arguments):
            return build_kind(command.parse(list(arguments)))

        self.assertEqual(kind(), "debug")
        self.assertEqual(kind("--scenario", "kill,leave", "--nodes", "8"), "debug")
        self.assertEqual(kind("--release"), "release")
        for costly in (["--all"], ["--nodes", "32"], ["--scenario", "crowd"], ["up"]):
            self.assertEqual(kind(*costly), "release", costly)
        self.assertEqual(kind("up", "--debug"), "debug")
        self.refused(command.parse, ["--debug", "--release"])

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
        self.assertEqual(set(CELLS) - set(usual), {"stops", "loss", *STATE_CELLS})
        self.assertEqual(compare_command.parse("compare", ["--cells", "stops"]).cells, ["stops"])

    def test_what_is_there_is_not_installed(self):
        said = []
        self.assertEqual(install.missing(["sh"]), [])
        install.install([], said.append)
        self.assertEqual(said, [])


if __name__ == "__main__":
    unittest.main()
