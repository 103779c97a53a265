"""Tools that a run can use beyond Python and the program: installed by apt if requested and allowed, else named."""

import os
import shutil
import subprocess
from typing import Callable, Dict, List

# The name of each tool, or the path of a library, and the Debian package that has it.
PACKAGES: Dict[str, str] = {
    "ip": "iproute2", "nft": "nftables", "serf": "serf", "faketime": "faketime", "spin": "spin", "gcc": "gcc",
    "tshark": "tshark", "promtool": "prometheus", "systemd-analyze": "systemd", "go": "golang-go",
    "/usr/share/gocode/src/github.com/hashicorp/memberlist": "golang-github-hashicorp-memberlist-dev",
}
_SECONDS = 180


def missing(tools: List[str]) -> List[str]:
    """Those of the tools that are not here."""
    return [tool for tool in tools if shutil.which(tool) is None and not os.path.isdir(tool)]


def install(tools: List[str], say: Callable[[str], None]) -> None:
    """Installs the packages of those that are missing. Says what could not be had; throws nothing."""
    wanted = [PACKAGES[tool] for tool in missing(tools)]
    if not wanted:
        return
    command = f"apt-get install {' '.join(wanted)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        say(f"not installed: {', '.join(wanted)}; as root: {command}")
        return
    say(f"installing {', '.join(wanted)}")
    if not (_apt("install", *wanted) or (_apt("update") and _apt("install", *wanted))):
        say(f"could not install {', '.join(wanted)}: {command}")


def _apt(action: str, *packages: str) -> bool:
    options = ["-y", "-qq", "--no-install-recommends"] if action == "install" else ["-qq"]
    try:
        done = subprocess.run(
            ["apt-get", action, *options, *packages], stdin=subprocess.DEVNULL, capture_output=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, timeout=_SECONDS, check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
