"""Network namespaces are made, broken, healed and removed; skipped where they cannot be."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from harness.nodes.namespaces import Loss, Namespaces, remove_abandoned
from harness.nodes.network import missing_for_namespaces

LISTEN = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 9)); s.settimeout(20)
print("ready", flush=True)
while True: print(s.recv(99).decode(), flush=True)
"""
SAY = "import socket,sys; socket.socket(2, 2).sendto(sys.argv[2].encode(), (sys.argv[1], 9))"


def spaces():
    """Those that this process has made: another harness may be at work on this machine."""
    names = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    return {name for name in names if name.startswith(f"iridium-{os.getpid()}-")}


@unittest.skipIf(missing_for_namespaces() is not None, missing_for_namespaces())
class NamespaceTests(unittest.TestCase):
    def setUp(self):
        try:
            self.network = Namespaces()
        except OSError as refusal:
            self.skipTest(str(refusal))
        self.addCleanup(self.network.close)
        self.network.add(["a", "b", "c"])

    def listening(self, name):
        process = subprocess.Popen(
            [*self.network.prefix(name), sys.executable, "-c", LISTEN, self.network.address(name)[0]],
            stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def say(self, name, to, text):
        command = [*self.network.prefix(name), sys.executable, "-c", SAY, self.network.address(to)[0], text]
        subprocess.run(command, check=True, timeout=20)

    def test_a_fault_holds_until_it_is_lifted_and_others_go_on(self):
        b = self.listening("b")
        self.say("a", "b", "one")
        self.assertEqual(b.stdout.readline(), "one\n")
        fault = self.network.split(["a"], ["b", "c"])
        other = self.network.disturb([Loss("b", ("a",), "tcp")])
        self.say("a", "b", "lost")
        self.say("c", "b", "two")
        self.assertEqual(b.stdout.readline(), "two\n")
        self.network.lift(fault)
        self.say("a", "b", "three")
        self.assertEqual(b.stdout.readline(), "three\n")
        self.network.lift(other)
        self.assertEqual(self.network.counted("a")["udp_out"][0], 3)
        # 20 bytes of IPv4 header, 8 of UDP.
        self.assertEqual(self.network.counted("a")["udp_out"][1], 3 * 28 + len("onelostthree"))
        self.assertEqual(self.network.counted("b")["udp_in"][0], 4)

    def test_closing_leaves_nothing(self):
        self.assertGreaterEqual(len(spaces()), 3)
        self.network.close()
        self.assertEqual(spaces(), set())

    def test_what_a_dead_harness_left_is_removed(self):
        subprocess.run(["ip", "netns", "add", "iridium-1-1-hub"], check=True)
        remove_abandoned()
        self.assertFalse(Path("/run/netns/iridium-1-1-hub").exists())
        self.assertIn("b", self.network.prefix("b")[1])
        self.assertTrue(Path(self.network.prefix("b")[1].partition("=")[2]).exists())


if __name__ == "__main__":
    unittest.main()
