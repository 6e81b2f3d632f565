"""Hosts on one machine: network namespaces that a test makes, joined to a hub by virtual cables that can be pulled out.

Only addresses within these namespaces are used, and nothing of the machine's own network is touched. The test itself moves into
the hub, where the servers are; a process of a host enters its namespace.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_NEW_NETWORK = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def find_why_no_namespaces() -> str | None:
    """Why no network namespace can be made here; None if one can."""
    try:
        with _namespaces(1):
            return None
    except (OSError, subprocess.CalledProcessError):
        return "network namespaces cannot be made here"


@dataclass(frozen=True)
class Host:
    """A machine with one cable to the hub. `address` is where it finds the hub."""

    name: str
    cable: str
    hub: str
    address: str

    def unplug(self) -> None:
        _ip("-n", self.hub, "link", "set", self.cable, "down")

    def plug_in(self) -> None:
        _ip("-n", self.hub, "link", "set", self.cable, "up")


@contextmanager
def join_hosts(count: int) -> Iterator[list[Host]]:
    """Hosts that reach the hub and not each other; the calling thread is in the hub until the block ends."""
    with _namespaces(count + 1) as (hub, *names):
        _ip("-n", hub, "link", "set", "lo", "up")
        hosts = []
        for number, name in enumerate(names):
            cable, net = f"cable{number}", f"10.213.{number}"
            _ip("-n", hub, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
            for place, device, address in ((hub, cable, f"{net}.1/30"), (name, "eth0", f"{net}.2/30")):
                _ip("-n", place, "addr", "add", address, "dev", device)
                _ip("-n", place, "link", "set", device, "up")
            _ip("-n", name, "link", "set", "lo", "up")
            hosts.append(Host(name, cable, hub, f"{net}.1"))
        with _inside(hub):
            yield hosts


def enter(name: str) -> None:
    """Moves the calling thread, and what it starts from then on, into a namespace."""
    with Path(f"/run/netns/{name}").open("rb") as place:
        _set_network(place.fileno())


@contextmanager
def start_postgres() -> Iterator[int]:
    """A PostgreSQL server of its own in the namespace of the caller, for all its addresses; its port."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))[-1]
    with tempfile.TemporaryDirectory(prefix="consentry-hosts-") as folder:
        as_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if as_owner:
            subprocess.run(["chown", "postgres", folder], check=True)
        control, data = [*as_owner, str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w"], Path(folder, "data")
        made = [str(programs / "initdb"), "-D", str(data), "-U", "consentry", "--auth=trust", "-E", "UTF8", "--no-sync"]
        _run([*as_owner, *made, "--locale=C.UTF-8"], folder)
        allow = f"echo 'host all all 10.213.0.0/16 trust' >> {data}/pg_hba.conf"
        _run([*as_owner, "sh", "-c", allow], folder)
        told = f"-p 5432 -c listen_addresses=* -c unix_socket_directories={folder} -c fsync=off"
        _run([*control, "-l", f"{folder}/log", "-o", told, "start"], folder)
        yield 5432
        with suppress(subprocess.CalledProcessError):
            _run([*control, "-m", "immediate", "stop"], folder)


@contextmanager
def _namespaces(count: int) -> Iterator[list[str]]:
    names = [f"consentry-{uuid.uuid4().hex[:8]}" for _ in range(count)]
    made = []
    try:
        for name in names:
            _ip("netns", "add", name)
            made.append(name)
        yield names
    finally:
        for name in made:
            _ip("netns", "delete", name)


@contextmanager
def _inside(name: str) -> Iterator[None]:
    with Path(f"/proc/{os.getpid()}/task/{_LIBC.gettid()}/ns/net").open("rb") as before:
        enter(name)
        try:
            yield
        finally:
            _set_network(before.fileno())


def _set_network(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the namespace")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
