"""Clusters that stay after the harness has ended: how to talk to them, and how to end them."""

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import List, Optional

from . import tmux
from ..nodes.cluster import Cluster, clean_environment
from .interrupt import Interrupts
from ..nodes.network import LOOPBACK as HOST
from ..nodes.ports import free_block
from ..nodes.process import ProcessIdentity, end_all
from ..suite.terminal import Terminal
from .workspace import ClusterState, Workspace

# Nodes that leave together find no member to say goodbye to, and give up after 5 s.
LEAVE_SECONDS = 7.0


def say_how_to_talk(cluster: Cluster, binary: Path, terminal: Terminal, seed: int) -> None:
    """After `up` and `--keep`."""
    program = _shown(binary)
    at = f"--data-root-dir {cluster.workspace.data}"
    first, last = cluster.names[0], cluster.names[-1]
    terminal.line("The cluster keeps running. Ask it:")
    terminal.line(f"  {program} members --agent {first} {at}")
    terminal.line(f"  {program} monitor --agent {last} {at}")
    terminal.line("Join it with a REPL:")
    terminal.line(f"  {program} --node-alias me -P 0 {at} --key-file {cluster.workspace.data}/cluster.key")
    terminal.line(f"  >>> !join_cluster {cluster.nodes[first].host} {cluster.nodes[first].port}")
    terminal.line("End it:")
    terminal.line(f"  scripts/local-cluster down --seed {seed}")


def down(out: Path, seed: Optional[int], terminal: Terminal) -> int:
    """Ends the cluster of that seed, or all that no harness looks after. The exit status."""
    pattern = "run-*/cluster.json" if seed is None else f"run-{seed}/cluster.json"
    found = 0
    survivors: List[ProcessIdentity] = []
    for path in sorted(out.glob(pattern)):
        state = ClusterState.read(path)
        if state is None:
            continue
        found += 1
        if seed is None and not state.is_abandoned():
            terminal.line(f"seed {state.seed}: a run is going on; to end it: down --seed {state.seed}")
            continue
        survivors += _end(state, path, terminal)
    if not found:
        terminal.line("no cluster is running" + ("" if seed is None else f" with seed {seed}"))
    for process in survivors:
        terminal.line(f"process {process.pid} could not be ended")
    return 1 if survivors else 0


def _end(state: ClusterState, path: Path, terminal: Terminal) -> List[ProcessIdentity]:
    if state.harness is not None:
        # It cleans up after itself; what it leaves is ended below.
        end_all([state.harness], grace=15)
    began = time.monotonic()
    running = state.running()
    survivors = end_all(running, LEAVE_SECONDS)
    if state.tmux_socket is not None:
        tmux.end(state.tmux_socket)
    if not survivors:
        state.remove_directory()
        path.unlink(missing_ok=True)
    terminal.line(
        f"seed {state.seed}: ended {len(running) - len(survivors)} nodes "
        f"in {time.monotonic() - began:.1f} s"
    )
    return survivors


def up_with_panes(
    options: argparse.Namespace,
    out: Path,
    seed: int,
    binary: Path,
    terminal: Terminal,
    interrupts: Interrupts,
) -> int:
    """REPLs in tmux panes that have formed a cluster as a person would; attaches on a terminal."""
    with interrupts.held():
        workspace = Workspace(out, seed)
        panes = tmux.Panes(seed, clean_environment(workspace.data))
    lasting = False
    try:
        interrupts.set_timeout(options.timeout)
        names = [f"n{number}" for number in range(1, options.nodes + 1)]
        ports = free_block(options.nodes, random.Random(f"{seed}/ports"), HOST)
        commands = [
            tmux.repl_command(binary, name, port, workspace.data)
            for name, port in zip(names, ports)
        ]
        with interrupts.held():
            found = panes.open(commands)
            state = ClusterState(
                seed=seed, directory=str(workspace.data), harness=None, stays=True,
                nodes=dict(zip(names, found)), tmux_socket=panes.socket,
            )
            state.write(workspace.state_file)
        _form_by_typing(panes, ports, terminal)
        lasting = True
    finally:
        interrupts.ignore()
        if not lasting:
            tmux.end(panes.socket)
            workspace.remove_data()
    terminal.line(f"{options.nodes} REPLs are one cluster. See them: {panes.attach_command}")
    terminal.line(f"End it: scripts/local-cluster down --seed {seed}")
    if sys.stdout.isatty() and sys.stdin.isatty():
        os.execvp("tmux", panes.attach_command.split())
    return 0


def _form_by_typing(panes: tmux.Panes, ports: List[int], terminal: Terminal) -> None:
    for pane in range(len(ports)):
        panes.wait_for(pane, ">>>", 15)
    panes.type(0, "!start_cluster")
    panes.wait_for(0, "is up on", 10)
    for pane in range(1, len(ports)):
        panes.type(pane, f"!join_cluster {HOST} {ports[0]}")
        panes.wait_for(pane, "heartbeats pass", 15)
        terminal.stamped(f"n{pane + 1} joined")
    for pane in range(len(ports)):
        panes.type(pane, "!cluster_members")
        panes.wait_for(pane, f"{len(ports)} alive, 0 suspect", 10)


def _shown(binary: Path) -> str:
    shown = os.path.relpath(binary)
    return str(binary) if shown.startswith("..") else shown
