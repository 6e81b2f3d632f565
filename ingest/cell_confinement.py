"""What a cell's child may do: read its libraries, answer on one socket, and nothing else. It can write no file at all.

Each protection is put up on its own and says whether it holds; on a kernel or account that lacks one the others remain.
Resource limits always hold. The system call filter knows x86-64 and ARM64; elsewhere it is reported as absent.
Accepted limits: a child shares the user id of its parent (capabilities are dropped), and the filter is a list of what
is denied, not of what is allowed, because the libraries' needs change with every release.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sysconfig
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNET, _CLONE_NEWUSER, _CLONE_THREAD = 0x40000000, 0x10000000, 0x00010000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SIGKILL, _EPERM, _ENOSYS = 9, 1, 38

_READ_RIGHTS = 1 << 2 | 1 << 3  # read a file, list a folder
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

_SYSTEM_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "socket": 41, "socketpair": 53, "connect": 42,
            "accept": 43, "accept4": 288, "bind": 49, "listen": 50, "sendto": 44, "sendmsg": 46, "sendmmsg": 307,
            "recvmsg": 47, "recvmmsg": 299, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
            "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "pidfd_open": 434, "pidfd_getfd": 438,
            "pidfd_send_signal": 424, "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155,
            "chroot": 161, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "request_key": 249,
            "keyctl": 250, "io_uring_setup": 425, "open_by_handle_at": 304, "init_module": 175, "finit_module": 313,
            "kexec_load": 246, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240, "clone": 56, "clone3": 435,
            "kill": 62, "tgkill": 234, "prlimit64": 302,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "execve": 221, "execveat": 281, "socket": 198, "socketpair": 199, "connect": 203, "accept": 202,
            "accept4": 242, "bind": 200, "listen": 201, "sendto": 206, "sendmsg": 211, "sendmmsg": 269, "recvmsg": 212,
            "recvmmsg": 243, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "tkill": 130,
            "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "pidfd_open": 434, "pidfd_getfd": 438,
            "pidfd_send_signal": 424, "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41,
            "chroot": 51, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "request_key": 218,
            "keyctl": 219, "io_uring_setup": 425, "open_by_handle_at": 265, "init_module": 105, "finit_module": 273,
            "kexec_load": 104, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180, "clone": 220, "clone3": 435,
            "kill": 129, "tgkill": 131, "prlimit64": 261,
        },
    ),
}  # fmt: skip
_ONLY_ON_ITSELF = ("kill", "tgkill", "prlimit64")
"""Calls that take a process id first: allowed on the child itself (abort needs it), denied on any other process."""


def leave_network() -> bool:
    """Move this process into an empty network of its own; True if it holds."""
    if _LIBC.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(_LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def confine_child(own_folder: str, memory_bytes: int, cpu_seconds: int) -> dict[str, bool]:
    """Put up all protections around this process, for good; says which hold."""
    limit_resources(memory_bytes, cpu_seconds)
    no_new_rights = _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    files = restrict_files(own_folder)
    capabilities = drop_capabilities()
    calls = no_new_rights and filter_system_calls()
    if not calls:  # the blunt way: it counts threads too, so that libheif, which starts one, reads no HEIC
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return {
        "resource_limits": True,
        "no_new_rights": no_new_rights,
        "file_access_limited": files,
        "capabilities_dropped": capabilities,
        "system_calls_filtered": calls,
    }


def limit_resources(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit memory and processor time; no file is written, a core file least of all (it would hold a child's form)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def readable_folders() -> list[str]:
    """Folders a child may read: Python, installed packages, shared libraries, fonts, and this package."""
    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/fonts", "/etc/fonts"]
    return [*dict.fromkeys(folders), str(Path(__file__).parent)]


def restrict_files(own_folder: str) -> bool:
    """Landlock: read the libraries and the own folder, open nothing else; no TCP, no signals outside."""
    version = _LIBC.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    handled = (1 << 13) - 1
    handled |= (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0) | (1 << 15 if version >= 5 else 0)
    attributes = struct.pack("QQQ", handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _LIBC.syscall(_LANDLOCK_CREATE, attributes, size, 0)
    if ruleset < 0:
        return False
    for folder in (*readable_folders(), own_folder):
        _allow_reading(ruleset, folder)
    holds = _LIBC.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return bool(holds)


def _allow_reading(ruleset: int, folder: str) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    _LIBC.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", _READ_RIGHTS, descriptor), 0)
    os.close(descriptor)


def drop_capabilities() -> bool:
    """Give up every capability, so that a child of root is no more than the owner of its files."""
    header = struct.pack("=Ii", 0x20080522, 0)
    return bool(_LIBC.capset(header, bytes(24)) == 0)


def filter_system_calls() -> bool:
    """Seccomp: no new program or process, no socket, no reaching into other processes; threads stay possible."""
    if platform.machine() not in _SYSTEM_CALLS or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    architecture, numbers = _SYSTEM_CALLS[platform.machine()]
    program = b"".join(_filter_program(architecture, numbers, os.getpid()))
    held = ctypes.create_string_buffer(program, len(program))
    description = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(held))
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, 2, description, 0, 0) == 0)


def _filter_program(architecture: int, numbers: dict[str, int], own_id: int) -> list[bytes]:
    load, equal, at_least, mask, give = 0x20, 0x15, 0x35, 0x54, 0x06
    allow, deny, unknown = 0x7FFF0000, 0x00050000 | _EPERM, 0x00050000 | _ENOSYS

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    program = [step(load, 4), step(equal, architecture, 1, 0), step(give, deny), step(load, 0)]
    program += [step(at_least, 0x40000000, 0, 1), step(give, deny)]  # the x32 doubles of every call
    special = (*_ONLY_ON_ITSELF, "clone", "clone3")
    for name, number in numbers.items():
        if name not in special:
            program += [step(equal, number, 0, 1), step(give, deny)]
    program += [step(equal, numbers["clone3"], 0, 1), step(give, unknown)]  # libc then falls back to clone
    program += [step(equal, numbers["clone"], 0, 5), step(load, 16), step(mask, _CLONE_THREAD)]
    program += [step(equal, 0, 0, 1), step(give, deny), step(give, allow)]
    for name in _ONLY_ON_ITSELF:
        program += [step(equal, numbers[name], 0, 5), step(load, 16), step(equal, own_id, 1, 0)]
        program += [step(equal, 0, 0, 1), step(give, allow), step(give, deny)]
    return [*program, step(give, allow)]
