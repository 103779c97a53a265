"""The attacker does what it says to a listener of ours, within its time."""

import random
import socket
import threading
import unittest

from attacks import strangers


class HostileTests(unittest.TestCase):
    def setUp(self):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.address = self.tcp.getsockname()
        self.addCleanup(self.tcp.close)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(self.address)
        self.addCleanup(self.udp.close)

    def accept_all(self, most):
        held = []

        def accept():
            try:
                while len(held) < most:
                    held.append(self.tcp.accept()[0])
            except OSError:
                pass

        threading.Thread(target=accept, daemon=True).start()
        self.addCleanup(lambda: [link.close() for link in held])
        return held

    def test_noise_reaches_both_sockets(self):
        self.accept_all(1_000)
        did = strangers.noise([self.address], 0.3, random.Random(1))
        self.assertGreater(did["datagrams"], 0)
        self.udp.settimeout(1)
        self.assertLessEqual(len(self.udp.recv(2000)), 1473)

    def test_slow_loris_holds_its_connections(self):
        self.accept_all(1_000)
        did = strangers.slow_loris([self.address], 0.5, random.Random(1))
        self.assertGreater(did["held_at_the_end"], 0)
        self.assertLessEqual(did["held_at_the_end"], 200)
        self.assertEqual(did["closed_by_them"], 0)

    def test_scan_finds_the_open_port(self):
        self.accept_all(1_000)
        did = strangers.scan([self.address], 30, random.Random(1))
        self.assertGreaterEqual(did["opened"], 1)
        self.assertEqual(did["tried"], 4_000)


if __name__ == "__main__":
    unittest.main()
