"""What deploy/ says is what there is: commands, settings, files; and nothing runs as root."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, requires
from itertools import pairwise
from pathlib import Path

import click
import pytest
from avidity_loaders import places
from avidity_service import metrics, outcomes
from avidity_service.cli.main import main
from avidity_service.settings import Settings
from flask.testing import FlaskClient
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from tests.conftest import Need

ROOT = places.CHECKOUT
DEPLOY = ROOT / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
SETTINGS = {f"AVIDITY_{field.name.upper()}" for field in fields(Settings)}


def command_exists(words: list[str]) -> bool:
    """Whether `avidity …` is a command with these flags."""
    assert isinstance(main, click.Group)
    command = main.commands[words[0]]
    flags = {option for parameter in command.params for option in parameter.opts}
    return all(word in flags for word in words[1:] if word.startswith("--"))


def unit() -> dict[str, list[str]]:
    """The directives of the unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "avidity.service").read_text().splitlines():
        if line and line[0] not in "#[":
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile."""
    text = re.sub(r"(?m)^#.*\n", "", (DEPLOY / "Dockerfile").read_text()).replace("\\\n", "")
    return [(line.split()[0], line.split(None, 1)[1]) for line in text.splitlines() if line.strip()]


def test_the_unit_runs_commands_that_exist() -> None:
    for name in ("ExecStart", "ExecReload"):
        [line] = unit()[name]
        path, *words = line.split()
        assert Path(path).name == "avidity"
        assert command_exists(words)


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.iterdir()))
def test_settings_that_are_named_exist(name: str) -> None:
    assert set(re.findall(r"AVIDITY_[A-Z_]+[A-Z]", (DEPLOY / name).read_text())) <= SETTINGS
    assert f"deploy/{name.removesuffix('.dockerignore')}" in OPERATIONS


def test_the_unit_gives_the_service_its_time_to_stop() -> None:
    assert unit()["KillMode"] == ["mixed"]
    assert int(unit()["TimeoutStopSec"][0]) > Settings().stop_timeout_s
    [pid_file] = [value for value in unit()["Environment"] if value.startswith("AVIDITY_PID_FILE=")]
    assert pid_file.startswith(f"AVIDITY_PID_FILE=%t/{unit()['RuntimeDirectory'][0]}/")
    # What root has to name, as %N is the unit's name.
    assert pid_file.replace("AVIDITY_PID_FILE=%t/%N", "--pid-file /run/avidity") in OPERATIONS


@pytest.mark.parametrize("name", ["avidity.service", "avidity@8001.service"])
def test_systemd_has_nothing_to_say(need: Need, tmp_path: Path, name: str) -> None:
    text = (DEPLOY / "avidity.service").read_text()
    assert text.count("/opt/avidity/.venv/bin/avidity ") == 2
    (tmp_path / name).write_text(text.replace("/opt/avidity/.venv/bin/avidity ", f"{sys.executable} "))
    command = [need("systemd-analyze"), "verify", "--man=no", str(tmp_path / name)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_the_unit_never_gives_up() -> None:
    """A store elsewhere may come up long after the service."""
    assert unit()["StartLimitIntervalSec"] == ["0"]
    assert int(unit()["RestartSec"][0]) >= 1


def test_a_second_unit_is_the_same_at_another_port() -> None:
    """Without an instance `%i` is empty, which is as if it were not said."""
    assert "AVIDITY_PORT=%i" in unit()["Environment"]
    assert Settings.from_environment({"AVIDITY_PORT": ""}).port == Settings().port
    assert re.findall(r"systemctl start avidity@(\d+)", OPERATIONS) == ["8001"]
    assert "server 127.0.0.1:8001 backup" in (DEPLOY / "nginx.conf").read_text()


def test_the_installation_is_what_the_unit_expects() -> None:
    [documentation] = unit()["Documentation"]
    assert (ROOT / documentation.removeprefix("file:/opt/avidity/")).is_file()
    assert "ln -sfn avidity-0.1.0 /opt/avidity\n" in OPERATIONS
    for lock in re.findall(r"-r (\S+\.lock)", OPERATIONS):
        assert (ROOT / lock).is_file()
    [release] = [value for value in unit()["Environment"] if value.startswith("AVIDITY_RELEASE=")]
    assert release.removeprefix("AVIDITY_RELEASE=") in OPERATIONS


def test_the_image_runs_a_command_that_exists_and_not_as_root() -> None:
    last: dict[str, str] = {}
    for name, value in instructions():
        last = {} if name == "FROM" else {**last, name: value}
    assert json.loads(last["ENTRYPOINT"]) == ["avidity"]
    assert command_exists(json.loads(last["CMD"]))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert last["EXPOSE"] == str(Settings().port)


def test_the_image_is_asked_at_its_port_whether_it_is_ready() -> None:
    [value] = [value for name, value in instructions() if name == "HEALTHCHECK"]
    program, *words = json.loads(value.split("CMD ")[1])
    assert program == "python"
    ready = {"/ready": 200}
    with answering(ready) as port:
        environment = {**os.environ, "AVIDITY_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
        for status in (200, 503):
            ready["/ready"] = status
            told = subprocess.run([sys.executable, *words], env=environment, capture_output=True)
            assert (told.returncode == 0) == (status == 200)
    assert subprocess.run([sys.executable, *words], env=environment, capture_output=True).returncode != 0


@contextlib.contextmanager
def answering(statuses: dict[str, int]) -> Iterator[int]:
    """A server that answers paths with these statuses; gives its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(statuses.get(self.path, 404))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_image_can_be_held_to_one_base() -> None:
    """The tag moves; both stages take the same argument, by which a digest can be given."""
    assert [value.split()[0] for name, value in instructions() if name == "FROM"] == ["${PYTHON}"] * 2
    assert "--build-arg PYTHON=python:" in (DEPLOY / "Dockerfile").read_text()
    assert "--build-arg PYTHON=python:" in OPERATIONS


def test_the_image_is_made_of_files_that_exist_and_are_not_ignored() -> None:
    allowed = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = [value.split()[:-1] for name, value in instructions() if name == "COPY" and "--from" not in value]
    sources = {source for each in copied for source in each}
    assert sources == allowed
    for source in sources:
        assert (ROOT / source).exists()
    for command in re.findall(r"bin/avidity (\w+.*)", (DEPLOY / "Dockerfile").read_text()):
        assert command_exists(command.split())


def test_the_image_keeps_to_the_rules_of_hadolint() -> None:
    """The rules that concern what this file does: DL3006, 3007, 3020, 3025, 3042, 3013, 3002, 3059, 4000."""
    names = [name for name, _ in instructions()]
    assert not {"ADD", "MAINTAINER", "SHELL"} & set(names)
    assert not any(one == two == "RUN" for one, two in pairwise(names))
    for name, value in instructions():
        match name:
            case "ARG":
                assert re.match(r"PYTHON=\w+:(?!latest)\S+", value)
            case "FROM":
                assert value.split()[0] == "${PYTHON}"
            case "CMD" | "ENTRYPOINT":
                assert json.loads(value)
            case "RUN":
                assert "|" not in value
                assert "sudo" not in value
                for install in re.findall(r"pip (?:install|wheel) [^&]*", value):
                    assert "--no-cache-dir" in install
                    locked = "--require-hashes" in install
                    # Nothing is fetched to build the wheel, nor beside it.
                    ours = "--no-deps" in install and ("--no-build-isolation" in install or "--no-index" in install)
                    assert locked or ours


def test_the_lock_of_the_builder_holds_what_the_build_needs() -> None:
    lock = (ROOT / "requirements-build.lock").read_text()
    names = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", lock))
    assert lock.count("--hash=sha256:") >= len(names)
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    while asked:
        requirement = Requirement(asked.pop())
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(names[requirement.name])
            with contextlib.suppress(PackageNotFoundError):
                asked.extend(requires(requirement.name) or [])


def test_nginx_asks_the_port_that_the_service_has() -> None:
    """What it does is in test_nginx.py; here, that its numbers fit."""
    text = (DEPLOY / "nginx.conf").read_text()
    assert f"server 127.0.0.1:{Settings().port} " in text
    timeout = re.search(r"proxy_read_timeout (\d+)s", text)
    assert timeout
    assert int(timeout[1]) > Settings().query_timeout_s
    [heads] = re.findall(r"large_client_header_buffers 4 (\d+)k;", text)
    assert int(heads) * 1024 >= 3 * Settings().max_query_bytes + 65_536
    [bodies] = re.findall(r"client_max_body_size (\d+)k;", text)
    assert int(bodies) * 1024 >= 3 * Settings().max_query_bytes


def test_alerts_are_on_metrics_that_exist(client: FlaskClient) -> None:
    client.get("/sparql?query=ASK%7B%7D")
    client.get("/sparql?query=ASK%7B%7D")
    text = client.get("/metrics").text
    rules = YAML(typ="safe").load(DEPLOY / "prometheus-rules.yml")["groups"][0]["rules"]
    assert len(rules) >= 8
    found = {name: set(labels.split(",")) for name, labels in re.findall(r"(?m)^([a-z_]+)(?:\{(.*)\})? \S+$", text)}
    labels = {name: {pair.split("=")[0] for pair in pairs} | {"job"} for name, pairs in found.items()}
    for rule in rules:
        names = re.findall(r"((?:avidity|process)_\w+|\bup)(?:\{(.*?)\})?", rule["expr"])
        assert names
        for name, matchers in names:
            if name != "up":
                assert set(re.findall(r"(\w+)=", matchers)) <= labels[name], rule["alert"]
        for outcome in re.findall(r'outcome="([^"]*)"', rule["expr"]):
            assert outcome in {*outcomes._WORDS.values(), "ok", "unchanged", "failed"}
        for reasons in re.findall(r'reason=~"([^"]*)"', rule["expr"]):
            assert set(reasons.split("|")) <= set(metrics._REASONS)


def test_the_log_that_is_rotated_is_the_log_that_is_written() -> None:
    text = (DEPLOY / "logrotate.conf").read_text()
    [drop_in] = re.findall(r"Environment=AVIDITY_QUERY_LOG=(\S+)", OPERATIONS)
    assert drop_in.replace("%L/%N", "/var/log/avidity*") + " {" in text
    assert "--signal=HUP" in text
