"""Attacks from the machine that a node runs on: its files, its memory, its control socket."""

import os
import shutil
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

from .attack import OUTSIDE, Outcome, Skipped, attack
from .target import Target


@attack("secrets-on-the-machine", OUTSIDE, "the key in arguments, environment, logs, JSON, dumps")
def secrets_on_the_machine(target: Target) -> Outcome:
    secret = target.secrets.key.secret
    found = []
    for name in target.running():
        process = target.process_files(name)
        for what in ("cmdline", "environ"):
            text = (process / what).read_bytes()
            if secret in text or secret.hex().encode() in text:
                found.append(f"{what} of {name}")
        text = target.log(name).read_bytes() + str(target.status(name)).encode()
        if secret in text or secret.hex().encode() in text:
            found.append(f"words of {name}")
    smaps = (target.process_files("n1") / "smaps").read_text()
    kept_out = smaps.count(" dd")
    files = [path for path in target.data.rglob("*") if path.is_file()
             and path.stat().st_mode & 0o077 and path.suffix != ".log"]
    held = not found and not files and kept_out > 0
    return Outcome(held, f"not found; {kept_out} areas of memory are kept out of dumps; no file of"
                         " theirs is open to others" if held else f"{found} {files}",
                   "a user that can read the process's memory")


@attack("core-dump", OUTSIDE, "key and identity in a core dump of a running node", quick=False)
def core_dump(target: Target) -> Outcome:
    tool = shutil.which("gcore")
    if tool is None:
        raise Skipped("taking a core dump of a running process needs gcore (Debian: gdb)")
    identity = (target.data / "nodes" / "n1" / "identity.key").read_text().split()[1]
    secrets = {"the cluster key": target.secrets.key.secret, "the identity": bytes.fromhex(identity)}
    with tempfile.TemporaryDirectory(prefix="iridium-") as folder:
        made = subprocess.run([tool, "-o", f"{folder}/core", str(target.processes["n1"].pid)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        cores = list(Path(folder).iterdir())
        if made.returncode != 0 or not cores:
            raise Skipped("this system lets no user trace the process")
        core = cores[0].read_bytes()
    # If the dump has any content, it has the arguments of the process.
    if str(target.data).encode() not in core:
        raise Skipped("the dump is empty")
    found = [what for what, secret in secrets.items()
             if secret in core or secret.hex().encode() in core]
    return Outcome(not found, f"{len(core) >> 20} MiB, and neither key nor identity in it"
                   if not found else f"found {' and '.join(found)}",
                   "a user that can read the process's memory")


@attack("control-socket", OUTSIDE, "commands by another user of the machine")
def control_socket(target: Target) -> Outcome:
    sockets = list((target.data / "run").glob("*.sock"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in sockets}
    folder = stat.S_IMODE((target.data / "run").stat().st_mode)
    tried = "not tried as another user"
    refused = True
    if os.geteuid() == 0:
        # The folders would stop it already: opened here so that the socket itself must.
        refused, tried = _refuses_nobody(target, sockets[0]), "refused to another user"
    held = modes == {0o600} and folder == 0o700 and refused
    return Outcome(held, f"sockets {modes and oct(min(modes))}, folder {oct(folder)}; {tried}")


def _refuses_nobody(target: Target, path: Path) -> bool:
    """A child that runs as the user `nobody` asks for the members."""
    for folder in (target.data, target.data / "run"):
        folder.chmod(0o755)
    path.chmod(0o666)
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(3)
                one.connect(str(path))
                one.sendall(b'{"command":"members"}\n')
                os._exit(1 if b"n1" in one.recv(4096) else 0)
        except OSError:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    path.chmod(0o600)
    for folder in (target.data / "run", target.data):
        folder.chmod(0o700)
    return status == 0
