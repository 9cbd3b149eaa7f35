"""What deploy/ says is what there is: commands, settings, files; and nothing runs as root."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import click
import pytest
from avidity_loaders import places
from avidity_service.cli.main import main
from avidity_service.settings import Settings

ROOT = places.CHECKOUT
DEPLOY = ROOT / "deploy"
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


@pytest.mark.parametrize("name", ["avidity.service", "Dockerfile", "Dockerfile.dockerignore", "nginx.conf"])
def test_settings_that_are_named_exist(name: str) -> None:
    assert set(re.findall(r"AVIDITY_[A-Z_]+[A-Z]", (DEPLOY / name).read_text())) <= SETTINGS
    assert f"deploy/{name.removesuffix('.dockerignore')}" in (ROOT / "docs" / "operations.md").read_text()


def test_the_unit_gives_the_service_its_time_to_stop() -> None:
    assert unit()["KillMode"] == ["mixed"]
    assert int(unit()["TimeoutStopSec"][0]) > Settings().stop_timeout_s
    [pid_file] = [value for value in unit()["Environment"] if value.startswith("AVIDITY_PID_FILE=")]
    assert pid_file.startswith(f"AVIDITY_PID_FILE=%t/{unit()['RuntimeDirectory'][0]}/")


def test_the_image_runs_a_command_that_exists_and_not_as_root() -> None:
    last: dict[str, str] = {}
    for name, value in instructions():
        last = {} if name == "FROM" else {**last, name: value}
    assert json.loads(last["ENTRYPOINT"]) == ["avidity"]
    assert command_exists(json.loads(last["CMD"]))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert json.loads(last["HEALTHCHECK"].split("CMD ")[1])[0] == "python"
    assert last["EXPOSE"] == str(Settings().port)


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
            case "FROM":
                assert re.match(r"\w+:(?!latest)\S+", value)
            case "CMD" | "ENTRYPOINT":
                assert json.loads(value)
            case "RUN":
                assert "|" not in value
                assert "sudo" not in value
                for install in re.findall(r"pip install [^&]*", value):
                    assert "--no-cache-dir" in install
                    assert "--require-hashes" in install or "--no-deps ." in install


def test_nginx_asks_the_port_that_the_service_has() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert f"server 127.0.0.1:{Settings().port};" in text
    assert text.count("{") == text.count("}")
    timeout = re.search(r"proxy_read_timeout (\d+)s", text)
    assert timeout
    assert int(timeout[1]) > Settings().query_timeout_s
    assert "location = /metrics" in text
