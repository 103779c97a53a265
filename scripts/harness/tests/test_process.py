"""Processes are ended for certain, and only the right ones."""

import os
import signal
import tempfile
import unittest
from pathlib import Path

from harness.run.interrupt import Interrupted, Interrupts
from harness.nodes.process import ChildProcess, ProcessIdentity, describe_exit, end_all


class ProcessTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = Path(directory.name) / "log"

    def start(self, *arguments):
        child = ChildProcess(list(arguments), self.log, dict(os.environ))
        self.addCleanup(child.kill)
        return child

    def test_output_goes_to_the_file_and_the_status_is_kept(self):
        child = self.start("sh", "-c", "echo out; echo err >&2; exit 3")
        self.assertEqual(child.wait(10), 3)
        self.assertEqual(sorted(self.log.read_text().split()), ["err", "out"])

    def test_a_paused_process_can_be_ended(self):
        child = self.start("sleep", "600")
        child.signal(signal.SIGSTOP)
        child.kill()
        self.assertEqual(child.exit_status, -signal.SIGKILL)

    def test_what_a_process_started_ends_with_it(self):
        child = self.start("sh", "-c", "sleep 600 & echo $!; wait")
        while not self.log.read_text().endswith("\n"):
            self.assertIsNone(child.exit_status)
        grandchild = ProcessIdentity.of(int(self.log.read_text()))
        child.kill()
        self.assertEqual(end_all([grandchild] if grandchild else [], grace=0), [])

    def test_a_pid_that_was_given_anew_is_left_alone(self):
        child = self.start("sleep", "600")
        earlier = ProcessIdentity(child.pid, "a moment before")
        self.assertFalse(earlier.signal(signal.SIGKILL))
        self.assertEqual(end_all([earlier], grace=0), [])
        self.assertIsNone(child.exit_status)

    def test_an_ended_process_that_nobody_collected_does_not_run(self):
        child = self.start("sleep", "600")
        identity = child.identity
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        self.assertFalse(identity.is_running())

    def test_endings_are_described_in_words(self):
        self.assertEqual(describe_exit(69), "exit code 69")
        self.assertEqual(describe_exit(-11), "ended by SIGSEGV")


class InterruptTests(unittest.TestCase):
    def setUp(self):
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
        for number in numbers:
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        self.interrupts = Interrupts()

    def test_a_signal_unwinds(self):
        with self.assertRaises(Interrupted) as caught:
            os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(caught.exception.exit_status, 143)

    def test_a_signal_waits_while_held(self):
        noted = []
        with self.assertRaises(Interrupted):
            with self.interrupts.held():
                os.kill(os.getpid(), signal.SIGINT)
                noted.append("started and noted down")
        self.assertEqual(len(noted), 1)

    def test_nothing_interrupts_cleaning_up(self):
        self.interrupts.ignore()
        os.kill(os.getpid(), signal.SIGINT)
