"""Sockets refused to a process by the kernel."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest
from avidity_service.sparql import sockets

# Each attempt and what became of it; a refused one says EACCES.
_TRIES = """
import ctypes, json, os, socket, threading
from avidity_service.sparql import sockets
open_before = socket.socket()
trap = socket.create_server(("127.0.0.1", 0))
sockets.refuse()

def number(call):
    try:
        call()
    except OSError as error:
        return error.errno
    return 0

found = {
    "tcp": number(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    "udp": number(lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)),
    "unix": number(lambda: socket.socket(socket.AF_UNIX)),
    "connect": number(lambda: open_before.connect(trap.getsockname())),
    "file": number(lambda: open("/dev/null").close()),
    "pipe": number(os.pipe),
}
call = ctypes.CDLL(None, use_errno=True).syscall
found["io_uring"] = ctypes.get_errno() if call(ctypes.c_long(425), 1, 0) == -1 else 0
found["again"] = number(sockets.refuse)
thread = threading.Thread(target=lambda: found.update(thread=number(socket.socket)))
thread.start()
thread.join()
print(json.dumps(found))
"""


@pytest.mark.skipif(not sockets.can_be_refused(), reason="this kernel has no such filter for this machine")
def test_no_socket_opens_and_files_do() -> None:
    found = subprocess.run([sys.executable, "-c", _TRIES], capture_output=True, text=True, timeout=60)
    assert json.loads(found.stdout) == {
        **dict.fromkeys(("tcp", "udp", "unix", "connect", "io_uring", "thread"), errno.EACCES),
        **dict.fromkeys(("file", "pipe", "again"), 0),
    }, found.stderr


def test_another_kind_of_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "here", "6", "1", "riscv64")))
    assert not sockets.can_be_refused()
    with pytest.raises(OSError, match="this kind of machine"):
        sockets.refuse()
