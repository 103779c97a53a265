"""The sampler's view of a process from outside."""

import os
import sys
import time
import unittest

from harness.nodes.sampler import Sampler, sent_so_far


@unittest.skipUnless(sys.platform.startswith("linux"), "reads /proc")
class SamplerTests(unittest.TestCase):
    def test_our_own_process_is_seen_growing_older(self):
        sampler = Sampler(lambda: {"me": os.getpid(), "nobody": 0}, time.monotonic, True, 3600)
        self.addCleanup(sampler.close)
        sampler.sample()
        sampler.sample()
        self.assertEqual(list(sampler.series), ["me"])
        me = sampler.series["me"]
        self.assertEqual(len(me.at), 2)
        self.assertGreater(me.resident[0], 1 << 20)
        self.assertGreaterEqual(me.cpu[1], me.cpu[0])
        self.assertEqual(len(me.lives()), 1)

    def test_counters_of_a_process_that_is_gone_are_unknown(self):
        self.assertEqual(sent_so_far(1 << 30), (None, None))
        self.assertIsNotNone(sent_so_far(os.getpid())[0])


if __name__ == "__main__":
    unittest.main()
