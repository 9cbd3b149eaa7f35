"""No new sockets for this process, by a filter of the kernel's (seccomp, Linux on x86-64 and ARM64).

A worker whose dataset is in memory needs no descriptor more, and gets none. One on disk opens the store's files as it
reads them, so that cap would stop it amid a query; sockets are refused to it by name instead.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from typing import NamedTuple

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 21, 22, 38
_SECCOMP_MODE_FILTER = 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Instructions of the filter: load a word of the call's description; jump; return.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # where these words are
_IO_URING_SETUP = 425  # on every architecture; it would open sockets without the call


class _Machine(NamedTuple):
    architecture: int
    socket: int
    connect: int
    most: int  # calls from here on are of another ABI


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 41, 42, 0x40000000),
    "aarch64": _Machine(0xC00000B7, 198, 203, 0x40000000),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def can_be_refused() -> bool:
    """Whether this kernel has such filters, for this kind of machine."""
    return sys.platform.startswith("linux") and os.uname().machine in _MACHINES and _prctl(_PR_GET_SECCOMP) >= 0


def refuse() -> None:
    """Refuse new sockets and connections, with EACCES, to this thread and all that it starts from now on.

    Raises:
        OSError: if that cannot be.
    """
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        raise OSError(errno.ENOSYS, "sockets cannot be refused on this kind of machine")
    instructions = _filter(machine)
    program = _Program(len(instructions) // 8, instructions)
    # Without it only root may set a filter; and nothing is executed here that could want new privileges.
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1) or _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _filter(machine: _Machine) -> bytes:
    """What decides about a call, eight bytes an instruction; jumps count from the next."""
    refused = (_RETURN, 0, 0, _ERRNO | errno.EACCES)
    return b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, _ARCHITECTURE),
            (_IF_EQUAL, 0, 6, machine.architecture),
            (_LOAD, 0, 0, _NUMBER),
            (_IF_AT_LEAST, 4, 0, machine.most),
            (_IF_EQUAL, 3, 0, machine.socket),
            (_IF_EQUAL, 2, 0, machine.connect),
            (_IF_EQUAL, 1, 0, _IO_URING_SETUP),
            (_RETURN, 0, 0, _ALLOW),
            refused,
        )
    )


def _prctl(option: int, *arguments: int) -> int:
    """The system call of that name."""
    call = ctypes.CDLL(None, use_errno=True).prctl
    call.restype = ctypes.c_int
    words = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    result: int = call(ctypes.c_int(option), *words)
    return result
