"""A running service takes another release without a failed request, and ends without cutting an answer."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from avidity_service.pidfile import open_default

from tests.service.running import Running, running, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
WriteRelease = Callable[..., Path]
E = "http://example.org/"
WHICH = "/sparql?query=" + quote(f"SELECT ?r {{ <{E}release> <{E}is> ?r }}")


def release(write_release: WriteRelease, folder: Path, number: int, quads: str | None = None) -> Path:
    """A release whose data says its id."""
    name = f"release-{number}"
    path = write_release(folder / name, quads or f'<{E}release> <{E}is> "{name}" <{E}g> .\n')
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, "release": name}))
    return path


def point(link: Path, target: Path) -> None:
    new = link.with_name("new")
    new.symlink_to(target)
    new.replace(link)


@pytest.fixture
def current(write_release: WriteRelease, tmp_path: Path) -> Path:
    link = tmp_path / "current"
    link.symlink_to(release(write_release, tmp_path, 0))
    return link


@pytest.fixture
def service(current: Path, tmp_path: Path) -> Iterator[Running]:
    with running(current, tmp_path, "--workers", "2") as found:
        yield found


def reload(service: Running) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "avidity_service", "reload", "--pid-file", str(service.pid_file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_six_releases_under_load(service: Running, current: Path, write_release: WriteRelease, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    wrong: list[object] = []
    stopping = threading.Event()
    numbers = iter(range(10**9))

    def ask(path: Callable[[], str]) -> None:
        etag = ""
        while not stopping.is_set():
            status, headers, body = service.get(path(), **{"If-None-Match": etag})
            name = headers["Avidity-Release"]
            if status == 304:
                if headers["ETag"] != etag:
                    wrong.append((status, dict(headers)))
                continue
            etag = headers["ETag"]
            said = re.findall(rb"release-\d", body)
            if status != 200 or not said or {one.decode() for one in said} != {name}:
                wrong.append((status, name, body[:200]))
            seen[str(name)] += 1

    paths = (
        lambda: WHICH,
        lambda: f"{WHICH}%20%23{next(numbers)}",
        lambda: f"/api/v1/findings?limit=1&offset={next(numbers)}",
    )
    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    first = service.nurseries()
    for number in range(1, 7):
        point(current, release(write_release, tmp_path, number))
        service.process.send_signal(signal.SIGHUP)
        assert until(lambda: json.loads(service.pid_file.read_text())["reloads"] == number)  # noqa: B023
        assert until(lambda: seen[f"release-{number}"] > 3)  # noqa: B023
    stopping.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert set(seen) == {f"release-{number}" for number in range(7)}
    assert service.get("/v/release-3" + WHICH)[0] == 410
    assert service.get("/v/release-6" + WHICH)[0] == 200
    assert until(lambda: len(service.nurseries()) == 1), "the former releases' processes are gone"
    assert service.nurseries().isdisjoint(first)
    metrics = service.get("/metrics")[2].decode()
    assert 'avidity_reloads_total{outcome="ok"} 6.0' in metrics
    assert 'avidity_release_info{release="release-6"} 1.0' in metrics


def test_reload_says_how_it_went(service: Running, current: Path, write_release: WriteRelease, tmp_path: Path) -> None:
    same = reload(service)
    assert (same.returncode, same.stdout) == (0, "release-0\n"), same.stderr
    point(current, release(write_release, tmp_path, 1))
    done = reload(service)
    assert (done.returncode, done.stdout) == (0, "release-1\n"), done.stderr
    assert "release-0" in done.stderr
    broken = release(write_release, tmp_path, 2, quads="this is no quad .\n")
    torn = release(write_release, tmp_path, 3)
    (torn / "dataset.nq.gz").write_bytes(b"other bytes")
    for bad in (broken, torn, tmp_path / "nothing"):
        point(current, bad)
        failed = reload(service)
        assert (failed.returncode, failed.stdout) == (4, ""), failed.stderr
        assert "release-1 stays" in failed.stderr
        assert b"release-1" in service.get(WHICH)[2]
    assert service.get("/ready")[0] == 200
    assert len(service.nurseries()) == 1
    assert 'avidity_reloads_total{outcome="failed"} 3.0' in service.get("/metrics")[2].decode()
    assert service.stop() == 0
    gone = reload(service)
    assert (gone.returncode, gone.stdout) == (3, "")


def test_two_services_do_not_share_a_pid_file(service: Running, current: Path) -> None:
    command = [sys.executable, "-m", "avidity_service", "serve", "--release", str(current), "--port", "0"]
    second = subprocess.run(
        [*command, "--pid-file", str(service.pid_file)], capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert "AVIDITY_PID_FILE" in second.stderr
    assert service.get("/health")[0] == 200


def test_a_left_pid_file_is_no_service(tmp_path: Path) -> None:
    (tmp_path / "left.json").write_text('{"pid": 1, "address": "", "release": ""}')
    command = [sys.executable, "-m", "avidity_service", "reload", "--pid-file", str(tmp_path / "left.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 3
    assert "left by one that has ended" in found.stderr


def test_a_query_under_way_is_answered_before_the_service_ends(
    current: Path, write_release: WriteRelease, tmp_path: Path
) -> None:
    many = "".join(f'<{E}n{n}> <{E}p> "{n}" <{E}g> .\n' for n in range(700))
    point(current, release(write_release, tmp_path, 1, many))
    slow = "/sparql?timeout=3&query=" + quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    with running(current, tmp_path, "--workers", "1") as service:
        idle = socket.create_connection(("127.0.0.1", service.port))
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(service.get(slow)[0]))
        asking.start()
        assert until(service.workers)
        below = service.nurseries() | service.workers()
        before = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=60) == 0
        asking.join()
        assert answers == [504], "the query had its three seconds and a true answer"
        assert time.monotonic() - before < 25, "an idle connection does not hold up the end"
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 20)
        assert not service.pid_file.exists()
        idle.close()


def test_the_deadline_of_the_end_holds(current: Path, write_release: WriteRelease, tmp_path: Path) -> None:
    many = "".join(f'<{E}n{n}> <{E}p> "{n}" <{E}g> .\n' for n in range(700))
    point(current, release(write_release, tmp_path, 1, many))
    slow = "/sparql?query=" + quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    with running(current, tmp_path, "--query-timeout-s", "600", "--stop-timeout-s", "0.3") as service:
        with socket.create_connection(("127.0.0.1", service.port)) as client:
            client.sendall(f"GET {slow} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert until(service.workers)
            below = service.nurseries() | service.workers()
            assert service.stop() == 0
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 20)


def test_nothing_is_left_when_the_front_is_killed(service: Running) -> None:
    assert service.get("/ready")[0] == 200
    below = service.nurseries() | service.workers()
    assert len(below) == 2
    service.process.kill()
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 20)


def test_files_of_services_that_were_killed_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    running_one = open_default(1)
    assert running_one is not None
    (tmp_path / "avidity" / "2.json").write_text("{}")
    third = open_default(3)
    assert third is not None
    assert {path.name for path in (tmp_path / "avidity").iterdir()} == {"1.json", "3.json"}
    assert open_default(1) is None, "it is held"
    running_one.close()
    third.close()
    assert list((tmp_path / "avidity").iterdir()) == []
    (tmp_path / "avidity").chmod(0o777)
    assert open_default(1) is None, "others could write there"
