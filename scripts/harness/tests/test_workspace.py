"""Files of a run, logs as they grow, and what the suite says of what was compiled."""

import os
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from harness.nodes.follow import LogFollower
from harness.nodes.process import ProcessIdentity
from harness.suite.suite import (
    attacks_tried, fixtures_checked, lean_complaint, states_kept, steps, swift_tests_ran, swift_words_read,
    unittest_ran)
from harness.nodes.timeline import Timeline
from harness.run.workspace import ClusterState, Workspace, WorkspaceInUse, last_lines

OWN = {"Membership", "MembershipCore", "IridiumVM", "iridium"}
JOINED = b'{"schema":"iridium.event/1","event":"joined","member":"n2","incarnation":1}\n'


class WorkspaceTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.out = Path(directory.name)

    def workspace(self, seed=7):
        workspace = Workspace(self.out, seed)
        self.addCleanup(workspace.remove_data)
        return workspace

    def state(self, workspace, nodes, harness=None):
        return ClusterState(7, str(workspace.data), harness, True, nodes)

    def test_a_socket_path_of_a_long_name_fits(self):
        path = self.workspace().data / "run" / ("n" * 63 + ".sock")
        self.assertLess(len(os.fsencode(path)), 104)

    def test_the_state_of_a_cluster_survives_writing_and_reading(self):
        workspace = self.workspace()
        state = self.state(workspace, {"n1": ProcessIdentity(1, "2")}, ProcessIdentity(3, "4"))
        state.write(workspace.state_file)
        self.assertEqual(ClusterState.read(workspace.state_file), state)

    def test_a_file_of_somebody_else_is_no_state(self):
        path = self.out / "cluster.json"
        for text in ["", "[]", "{}", '{"schema":"iridium.local-cluster-state/1"}', '{"nodes":{"n1":{}}}']:
            path.write_text(text)
            self.assertIsNone(ClusterState.read(path), text)

    def test_a_cluster_that_runs_is_not_disturbed(self):
        workspace = self.workspace()
        me = ProcessIdentity.of(os.getpid())
        self.state(workspace, {"n1": me}).write(workspace.state_file)
        with self.assertRaises(WorkspaceInUse):
            Workspace(self.out, 7)
        self.assertTrue(workspace.data.is_dir())

    def test_what_a_killed_harness_left_is_cleared(self):
        workspace = self.workspace()
        self.state(workspace, {"n1": ProcessIdentity(1, "long ago")}).write(workspace.state_file)
        self.workspace()
        self.assertFalse(workspace.data.exists())

    def test_only_directories_of_ours_are_removed(self):
        precious = self.out / "precious"
        precious.mkdir()
        ClusterState(7, str(precious), None, True).remove_directory()
        self.assertTrue(precious.is_dir())

    def test_the_last_lines_of_a_log_are_the_last_that_say_something(self):
        log = self.out / "log"
        log.write_bytes(b"x" * 200_000 + b"\none\n\ntwo\nthree")
        self.assertEqual(last_lines(log, 2), ["two", "three"])
        self.assertEqual(last_lines(self.out / "none", 2), [])


class FollowTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = Path(directory.name) / "n1.log"
        self.log.touch()
        self.timeline = Timeline()
        self.follower = LogFollower(self.timeline)
        self.addCleanup(self.follower.close)
        self.follower.add("n1", self.log)

    def append(self, text):
        with open(self.log, "ab") as log:
            log.write(text)

    def test_lines_are_read_as_they_are_written(self):
        self.append(JOINED)
        seen = self.timeline.wait_until(
            lambda: self.timeline.alive("n1") == {"n2"}, self.timeline.clock() + 10
        )
        self.assertTrue(seen)

    def test_half_a_line_waits_for_its_other_half(self):
        self.append(JOINED[:20])
        self.follower.catch_up()
        self.assertEqual(self.timeline.events(0), [])
        self.append(JOINED[20:])
        self.follower.catch_up()
        self.assertEqual(len(self.timeline.events(0)), 1)

    def test_following_twice_reads_once(self):
        self.append(JOINED)
        self.follower.add("n1", self.log)
        self.follower.catch_up()
        self.assertEqual(len(self.timeline.events(0)), 1)


class KilledRunTests(unittest.TestCase):
    def test_the_files_of_a_run_whose_harness_was_killed_go_with_the_next_run(self):
        with tempfile.TemporaryDirectory() as place:
            out = Path(place)
            killed = Workspace(out, 1)
            gone = ProcessIdentity(1 << 30, "0")
            ClusterState(seed=1, directory=str(killed.data), stays=False, harness=gone).write(killed.state_file)
            stays = Workspace(out, 2)
            ClusterState(seed=2, directory=str(stays.data), stays=True, harness=None).write(stays.state_file)
            following = Workspace(out, 3)
            self.assertFalse(killed.data.exists())
            self.assertFalse(killed.state_file.exists())
            self.assertTrue(stays.data.exists())
            for workspace in (stays, following):
                workspace.remove_data()


class SetupTests(unittest.TestCase):
    def test_the_setup_explains_itself_and_what_it_does_not_know(self):
        script = Path(__file__).resolve().parents[2] / "setup"
        told = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=30)
        self.assertEqual(told.returncode, 0)
        self.assertIn("scripts/setup --check    look only", told.stdout)
        self.assertNotIn("#", told.stdout)
        strange = subprocess.run([script, "--halp"], capture_output=True, text=True, timeout=30)
        self.assertEqual(strange.returncode, 1)
        self.assertIn("try: scripts/setup --help", strange.stderr)


class SuiteTests(unittest.TestCase):
    def test_a_lean_consumer_passes(self):
        compiled = {"Membership", "MembershipCore", "NIOCore"}
        self.assertEqual(lean_complaint(compiled, {"swift-nio"}, OWN), "")

    def test_what_only_the_program_needs_is_found(self):
        for module in ("IridiumVM", "ArgumentParserToolInfo", "NIOHTTP1"):
            self.assertIn(module, lean_complaint({"Membership", module}, {"swift-nio"}, OWN))
        fetched = lean_complaint({"Membership"}, {"swift-nio", "swift-argument-parser"}, OWN)
        self.assertIn("swift-argument-parser", fetched)

    def test_seeing_nothing_is_no_proof(self):
        self.assertNotEqual(lean_complaint(set(), set(), OWN), "")

    def test_a_lost_entry_of_a_state_is_a_complaint(self):
        def line(word):
            return f"  state loss 30 %: lost, max        0            bar 0            {word}          memberlist: 0\n"

        self.assertEqual(states_kept(line("met") * 4), "")
        self.assertIn("lost", states_kept(line("met") + line("SHORT")))
        self.assertIn("no state", states_kept("SKIP compare: there is nothing to compare with"))

    def test_a_runner_without_tests_has_proved_nothing(self):
        self.assertEqual(unittest_ran("....\nRan 4 tests in 0.1s\n"), "")
        self.assertNotEqual(unittest_ran("Ran 0 tests in 0.0s\n"), "")
        self.assertEqual(swift_tests_ran("Test run with 12 tests in 3 suites passed"), "")
        self.assertNotEqual(swift_tests_ran("Test run with 0 tests passed"), "")

    def test_a_step_that_was_skipped_has_proved_nothing(self):
        skipped = "skipped: PyNaCl is not installed and pip could not fetch it\n"
        for check in (fixtures_checked, swift_words_read, attacks_tried):
            self.assertNotEqual(check(skipped), "")
        fixtures = "fixtures: 1403 cases in 12 files, 982 of them negative (70 %)\n"
        self.assertNotEqual(fixtures_checked(fixtures), "")
        self.assertEqual(fixtures_checked(fixtures + "Ran 9 tests in 1.2s\n"), "")
        self.assertEqual(swift_words_read("written by Swift: 3 of frame; 0 that do not agree\n"), "")
        self.assertNotEqual(attacks_tried("0 held, 0 known to be open, 0 lost, 3 skipped"), "")
        self.assertEqual(attacks_tried("26 held, 0 open, 0 lost, 1 skipped"), "")

    def test_an_attack_left_out_for_want_of_root_is_a_complaint_of_root(self):
        said = "SKIP  replay   outside   0.0 s  listening needs root on Linux\n3 held, 0 lost, 1 skipped"
        with unittest.mock.patch("os.geteuid", return_value=0):
            self.assertIn("replay", attacks_tried(said))
        with unittest.mock.patch("os.geteuid", return_value=1000):
            self.assertEqual(attacks_tried(said), "")

    def test_the_second_implementation_is_asked_for(self):
        asking = {step.name for step in steps(soak=True) if step.environment.get("IRIDIUM_NEED_PYNACL")}
        self.assertEqual(asking, {"fixtures", "wire", "mallory", "mallory-all"})
