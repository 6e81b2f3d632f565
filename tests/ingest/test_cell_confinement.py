"""A child that has gone bad: code of an attacker runs in it and tries each way out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import Cell

ATTEMPTS = r"""
import ctypes, errno, json, os, resource, signal, socket, sys, tempfile
sys.path.insert(0, sys.argv[1])
outside, own, victim = sys.argv[2], sys.argv[3], int(sys.argv[4])
from ingest import cell_confinement
import multiprocessing, subprocess, threading, shutil, urllib.request, mmap
libc = ctypes.CDLL(None, use_errno=True)
held_open = os.open(own + "/a", os.O_WRONLY)
cell_confinement.leave_network()
cell_confinement.confine_child(own, 1_500_000_000, 20)
def call(name, *arguments):
    ctypes.set_errno(0)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
def system(number, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), str(number))
ways = {
    "read a file outside": lambda: open(outside + "/secret").read(),
    "read /etc/passwd": lambda: open("/etc/passwd").read(),
    "read the parent's environment": lambda: open(f"/proc/{victim}/environ", "rb").read(),
    "read the parent's memory": lambda: open(f"/proc/{victim}/mem", "rb").read(1),
    "list the home": lambda: os.listdir(outside),
    "list the root": lambda: os.listdir("/"),
    "write a file outside": lambda: open(outside + "/new", "w"),
    "write into /tmp": lambda: open("/tmp/consentry-escape", "w"),
    "change a file outside": lambda: open(outside + "/secret", "a"),
    "remove a file outside": lambda: os.unlink(outside + "/secret"),
    "make a folder outside": lambda: os.mkdir(outside + "/folder"),
    "rename out of the own folder": lambda: os.rename(own + "/a", outside + "/a"),
    "read through a link": lambda: open(own + "/link").read(),
    "make a link": lambda: os.symlink(outside + "/secret", own + "/link2"),
    "link a file in": lambda: os.link(outside + "/secret", own + "/hard"),
    "open by way of ..": lambda: open(own + "/../../secret").read(),
    "truncate a file outside": lambda: os.truncate(outside + "/secret", 0),
    "connect by TCP": lambda: socket.create_connection(("127.0.0.1", 80), 1),
    "open a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "open a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "make a socket pair": lambda: socket.socketpair(),
    "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "fetch a page": lambda: urllib.request.urlopen("http://127.0.0.1/", timeout=1),
    "run a program": lambda: subprocess.run(["/bin/true"], check=True),
    "fork": lambda: os.fork() or os._exit(0),
    "replace itself": lambda: os.execv("/bin/true", ["true"]),
    "signal the parent": lambda: os.kill(victim, 0),
    "kill the parent": lambda: os.kill(victim, signal.SIGTERM),
    "trace the parent": lambda: call("ptrace", 16, victim, 0, 0),
    "read the parent by call": lambda: call("process_vm_readv", victim, 0, 0, 0, 0, 0),
    "change the parent's limits": lambda: resource.prlimit(victim, resource.RLIMIT_NOFILE, (10, 10)),
    "raise the own memory limit": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "raise the own time limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999)),
    "enter a new name space": lambda: call("unshare", 0x10000000),
    "mount": lambda: call("mount", b"none", own.encode(), b"tmpfs", 0, None),
    "change the root": lambda: os.chroot(own),
    "become another user": lambda: os.setuid(12345) if os.getuid() == 0 else os.setuid(0),
    "open a handle of another process": lambda: system(434, victim, 0),
    "set up io_uring": lambda: system(425, 8, ctypes.create_string_buffer(120)),
    "make a device": lambda: os.mknod(own + "/null", 0o20666, os.makedev(1, 3)),
    "write into its own folder": lambda: open(own + "/new", "wb"),
    "write into a file that is there": lambda: open(own + "/a", "ab"),
    "write by an open descriptor": lambda: os.write(held_open, b"x"),
    "take more memory than allowed": lambda: mmap.mmap(-1, 1_600_000_000),
}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
came_out = []
for name, way in ways.items():
    try:
        way()
        came_out.append(name)
    except (OSError, ValueError, MemoryError, subprocess.SubprocessError):
        pass
thread = threading.Thread(target=came_out.append, args=("",)); thread.start(); thread.join()
print(json.dumps({"ways": len(ways), "out": [name for name in came_out if name], "threads": "" in came_out}))
"""


@pytest.fixture
def attempts(tmp_path: Path, cell: Cell) -> dict[str, object]:
    needed = ("file_access_limited", "capabilities_dropped", "system_calls_filtered", "network_cut")
    absent = [name for name in needed if not cell.protections()[name]]
    if absent:
        pytest.skip(f"this machine lacks {', '.join(absent)}")
    own = tmp_path / "outside" / "scratch" / "own"
    own.mkdir(parents=True)
    outside = tmp_path / "outside"
    (outside / "secret").write_text("secret")
    (own / "a").write_text("")
    (own / "link").symlink_to(outside / "secret")
    victim = subprocess.Popen(["/bin/sleep", "60"])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", ATTEMPTS, str(Path.cwd()), str(outside), str(own), str(victim.pid)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()
    assert (outside / "secret").read_text() == "secret"
    assert sorted(path.name for path in outside.iterdir()) == ["scratch", "secret"]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_no_way_leads_out(attempts: dict[str, object]) -> None:
    assert attempts["out"] == []
    assert int(str(attempts["ways"])) > 40


def test_threads_of_libraries_still_work(attempts: dict[str, object]) -> None:
    assert attempts["threads"]


def test_the_child_sees_no_environment(cell: Cell) -> None:
    cell.protections()
    zygote = cell._zygote
    assert zygote is not None
    assert "PATH" in os.environ
    assert b"PATH" not in Path(f"/proc/{zygote.process.pid}/environ").read_bytes()
