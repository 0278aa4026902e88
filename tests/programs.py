"""Programs of others that tests use: those on the path, else those that Debian has, installed where that can be done."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes "


class Missing(Exception):
    """A program is not here and cannot be installed; the message says in one line what to do."""


def find_or_install(*names: str, package: str) -> str:
    """The path of the first of these that is on the path, installed first where root can do that. Raises Missing."""
    with (Path(tempfile.gettempdir()) / "cannonworks-programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of the workers installs, the others wait for it
        if (found := find(*names)) is not None:
            return found
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise Missing(f"no {names[0]} here: install it (Debian: apt-get install {package})")
        done = subprocess.run(["sh", "-c", INSTALL + package], capture_output=True, text=True, check=False)
        if done.returncode or (found := find(*names)) is None:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Missing(f"{names[0]} cannot be installed with apt-get: {last}")
        return found


def find(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
