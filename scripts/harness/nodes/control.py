"""Asking a node by its control socket, with the same commands that a person types."""

import json
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional


class ControlError(Exception):
    """A command about a node failed; the text says which and what it printed."""


class Control:
    """The binary, and where the nodes' control sockets are."""

    def __init__(self, binary: Path, data: Path, environment: Dict[str, str]):
        self._binary = binary
        self._data = data
        self._environment = environment
        # Data roots of nodes that do not use the common one.
        self.data_of: Dict[str, Path] = {}

    def make_key(self, path: Path) -> None:
        """Writes a fresh cluster key."""
        self._run(["keygen", "--out", str(path)], seconds=10)

    def status(self, node: str) -> Dict[str, Any]:
        """`iridium status --json` of that node."""
        return self._ask("status", node)

    def members(self, node: str) -> Dict[str, Any]:
        """`iridium members --json` of that node."""
        return self._ask("members", node)

    def keys(self, node: str) -> Dict[str, Any]:
        """`iridium keys list --json` of that node."""
        return self._ask("keys list", node)

    def sealing_key(self, node: str) -> str:
        """The fingerprint of the key that it seals with."""
        return next(key["key"] for key in self.keys(node)["keys"] if key["role"] == "seals")

    def rotate_keys(self, node: str, patience: int) -> None:
        """Has that node replace the cluster key; each step waits so many seconds. Throws with the names
        of those that did not confirm."""
        command = ["keys", "rotate", "--timeout", f"{patience}s"]
        self._run(command + self._address(node), seconds=3 * patience + 30)

    def state(self, node: str) -> Dict[str, Any]:
        """`iridium state get --json` of that node: what it holds of all members."""
        return self._ask("state get", node)

    def set_state(self, node: str, key: str, value: str) -> None:
        """Has that node publish a value."""
        self._run(["state", "set", key, value, *self._address(node)], seconds=10)

    def send(self, node: str, text: str) -> None:
        """Has that node send a message to all others."""
        self._run(["send", text, *self._address(node)], seconds=10)

    def deliver(self, node: str, member: str, text: str) -> None:
        """Has that node deliver a message to one member by stream."""
        self._run(["send", text, "--to", member, "--reliable", *self._address(node)], seconds=20)

    def wait_for_members(self, node: str, count: int, seconds: int) -> None:
        """Returns when the node holds so many alive and those heard from agree."""
        command = ["wait", "--members", str(count), "--timeout", f"{seconds}s"]
        self._run(command + self._address(node), seconds=seconds + 5)

    def _ask(self, command: str, node: str) -> Dict[str, Any]:
        text = self._run([*command.split(), "--json", *self._address(node)], seconds=10)
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise ControlError(f"iridium {command} of {node} printed no JSON: {text[:200]!r}") from error
        if not isinstance(answer, dict):
            raise ControlError(f"iridium {command} of {node} printed no JSON object")
        return answer

    def _address(self, node: str) -> List[str]:
        return ["--agent", node, "--data-root-dir", str(self.data_of.get(node, self._data))]

    def _run(self, arguments: List[str], seconds: float) -> str:
        shown = "iridium " + " ".join(arguments)
        try:
            done = subprocess.run(
                [str(self._binary)] + arguments, env=self._environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=seconds, check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ControlError(f"'{shown}' gave no answer in {seconds:g} s") from error
        except OSError as error:
            raise ControlError(f"cannot run '{shown}': {error}") from error
        if done.returncode != 0:
            said = " / ".join((done.stderr or done.stdout).strip().splitlines()[:3])
            raise ControlError(f"'{shown}' ended with exit code {done.returncode}: {said}")
        return done.stdout


def distinct_views(answers: Dict[str, Dict[str, Any]]) -> Dict[Optional[str], List[str]]:
    """Which nodes hold which view digest: one entry if all agree."""
    views: Dict[Optional[str], List[str]] = {}
    for node, answer in answers.items():
        views.setdefault(answer.get("view"), []).append(node)
    return views
