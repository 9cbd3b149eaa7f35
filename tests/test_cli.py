"""The command line: data on standard output, words on standard error, exit codes that scripts can trust."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from avidity_service.cli import main
from avidity_service.cli.opening import is_stale
from click.testing import CliRunner, Result


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def test_help_names_the_commands() -> None:
    text = run("--help").stdout
    for name in ("build", "check", "serve", "ask", "query", "show"):
        assert name in text


def test_ask_lists_the_questions(release_folder: Path) -> None:
    result = run("ask", "--release", str(release_folder), "--format", "csv")
    assert len(list(csv.reader(io.StringIO(result.stdout)))) == 68


def test_ask_as_table_and_json(release_folder: Path) -> None:
    table = run("ask", "agents-for-genotype", "--alteration", "NRAS", "--release", str(release_folder))
    assert table.exit_code == 0
    assert "selumetinib" in table.stdout
    assert "4 rows" in table.stderr
    rows = json.loads(
        run(
            "ask", "agents-for-genotype", "--alteration=NRAS", "--format", "json", "--release", str(release_folder)
        ).stdout
    )
    assert [(row["agent_label"], row["tier"], row["count"]) for row in rows][:2] == [
        ("selumetinib", "exact", 5),
        ("trametinib", "exact", 1),
    ]


def test_query(release_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.rq"
    file.write_text("SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/avidity/ontology#Study> }")
    assert run("query", str(file), "--format", "csv", "--release", str(release_folder)).stdout == "n\n17\n"
    assert run("query", "-", "--release", str(release_folder), stdin="ASK {}").stdout == "true\n"
    graph = run(
        "query", "-", "--format", "ttl", "--release", str(release_folder), stdin="CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3"
    )
    assert graph.exit_code == 0


@pytest.mark.parametrize(
    "name", ["selumetinib", "agent/selumetinib", "NCIT:C66939", "https://w3id.org/avidity/agent/selumetinib"]
)
def test_show(name: str, release_folder: Path) -> None:
    result = run("show", name, "--release", str(release_folder))
    assert result.exit_code == 0
    assert "all five patients with NRAS mutations showed restored radioiodine uptake" in result.stdout
    assert "5/5" in result.stdout


def test_show_a_finding_as_json(release_folder: Path) -> None:
    record = json.loads(
        run("show", "finding/ho-2013/nras/uptake-restored", "--format", "json", "--release", str(release_folder)).stdout
    )
    assert record["findings"][0]["count"] == 5


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (["ask", "agents-for-genotyp"], None, 3, "agents-for-genotype"),
        (["ask", "agents-for-genotype"], None, 2, "--alteration nras-mutation"),
        (["ask", "agents-for-genotype", "--alteration", "NRSA"], None, 3, "Did you mean NRAS"),
        (["ask", "agents-for-genotype", "--gene", "NRAS"], None, 2, "alteration"),
        (["ask", "agents-for-genotype", "--alteration"], None, 2, "needs a value"),
        (["ask", "agents-for-genotype", "NRAS"], None, 2, "not an option"),
        (["query", "-"], "SELEC", 5, "^"),
        (["query", "-"], "DROP ALL", 5, "read"),
        (["query", "nosuchfile.rq"], None, 2, "nosuchfile"),
        (["query", "-", "--endpoint", "ftp://x"], "ASK {}", 2, "http"),
        (["query", "-", "--endpoint", "http://127.0.0.1:9/"], "ASK {}", 5, "does not answer"),
        (["show", "nobody-at-all"], None, 3, "There is no thing"),
        (["query", "-"], "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", 5, "too long"),
        (["nonsense"], None, 2, "No such command"),
    ],
)
def test_exit_codes(
    arguments: list[str],
    stdin: str | None,
    code: int,
    words: str,
    release_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AVIDITY_QUERY_TIMEOUT_S", "2")
    place = [] if arguments[0] == "nonsense" else ["--release", str(release_folder)]
    result = run(*arguments, *place, stdin=stdin)
    assert result.exit_code == code, result.output
    assert words.lower() in result.stderr.lower()
    assert result.stdout == ""


def test_a_release_that_is_not_there(tmp_path: Path) -> None:
    result = run("ask", "--release", str(tmp_path / "none"))
    assert result.exit_code == 3
    assert "avidity build" in result.stderr


def test_an_altered_release_is_refused(release_folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(release_folder, tmp_path / "release")
    (tmp_path / "release" / "void.ttl").write_text("# altered")
    result = run("ask", "--release", str(tmp_path / "release"))
    assert result.exit_code == 3
    assert "void.ttl" in result.stderr
    assert is_stale(tmp_path / "release")
    assert not is_stale(release_folder)


def test_check_one_and_unknown() -> None:
    result = run("check", "--only", "quotes")
    assert result.exit_code == 0
    assert result.stdout.startswith("quotes: ")
    unknown = run("check", "--only", "nothing")
    assert (unknown.exit_code, "quotes" in unknown.stderr) == (2, True)


def test_build_prints_the_place_and_what_it_checked(tmp_path: Path) -> None:
    result = run("build", "--out", str(tmp_path / "r"))
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "r")
    for word in ("read", "proven", "accounted", "converted", "derived", "checked", "written"):
        assert word in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"), [("AVIDITY_PORT", "many"), ("AVIDITY_WORKERS", "0"), ("AVIDITY_LOG", "loud")]
)
def test_bad_settings(variable: str, value: str, monkeypatch: pytest.MonkeyPatch, release_folder: Path) -> None:
    monkeypatch.setenv(variable, value)
    result = run("serve", "--release", str(release_folder))
    assert result.exit_code == 2
    assert variable in result.stderr
    assert value in result.stderr


def test_a_place_that_cannot_be_written() -> None:
    result = run("build", "--out", "/proc/avidity/release")
    assert (result.exit_code, "cannot be written" in result.stderr) == (4, True)
