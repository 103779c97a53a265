"""The resources of a process, seen from outside."""

import subprocess
import sys
import time
import unittest
from pathlib import Path

from harness.nodes.measure import cpu_seconds, proportional_bytes, resident_bytes, wakes, wakes_since
from harness.nodes.trace import counted

# A thread that works and ends, then a wait for a word.
WORK = """
import threading, time
def work():
    until = time.thread_time() + 0.2
    while time.thread_time() < until: pass
thread = threading.Thread(target=work); thread.start(); thread.join()
print("done", flush=True); input()
"""


@unittest.skipUnless(sys.platform.startswith("linux"), "reads the kernel of Linux")
class MeasureTests(unittest.TestCase):
    def test_the_time_of_a_thread_that_ended_is_not_lost(self):
        process = subprocess.Popen(
            [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            self.assertEqual(process.stdout.readline(), "done\n")
            used = cpu_seconds(process.pid)
            self.assertGreaterEqual(used, 0.2)
            self.assertGreaterEqual(cpu_seconds(process.pid), used)
            self.assertGreater(resident_bytes(process.pid), proportional_bytes(process.pid) // 2)
            process.communicate("\n", timeout=20)

    def test_of_a_process_that_is_gone_nothing_is_known(self):
        self.assertIsNone(cpu_seconds((1 << 22) + 7))
        self.assertIsNone(resident_bytes((1 << 22) + 7))
        self.assertIsNone(wakes_since({}, wakes((1 << 22) + 7)))

    def test_a_wake_is_a_wait_that_has_ended(self):
        process = subprocess.Popen(
            [sys.executable, "-c", "while True: print(input(), flush=True)"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        with process:
            before = {}
            for _ in range(4):
                until_it_waits(process.pid)
                before = before or wakes(process.pid)
                process.stdin.write("x\n")
                process.stdin.flush()
                process.stdout.readline()
            until_it_waits(process.pid)
            self.assertGreaterEqual(wakes_since(before, wakes(process.pid)), 4)
            process.kill()


def until_it_waits(pid):
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.001)


class TraceTests(unittest.TestCase):
    def test_the_rows_of_a_table_are_counts_by_name(self):
        table = """
    calls syscall
--------- ----------------
       12 epoll_wait
        3 sendto
--------- ----------------
       15 total
"""
        self.assertEqual(counted(table), {"epoll_wait": 12, "sendto": 3})
        self.assertEqual(counted("strace: attach: not permitted"), {})


if __name__ == "__main__":
    unittest.main()
