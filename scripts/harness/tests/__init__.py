"""Tests of the harness itself: no test waits for real time, opens a port or needs a node."""
