"""The docs say what there is, and what they say is true."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import fields
from pathlib import Path

import click
import pyoxigraph as ox
import pytest
from avidity_loaders import places
from avidity_loaders.claims.models import StudyFile, TopicFile
from avidity_loaders.names import GRAPH, KINDS, PREFIXES
from avidity_service import settings
from avidity_service.cli.main import main
from avidity_service.settings import Settings
from flask import Flask
from flask.testing import FlaskClient

ROOT = places.CHECKOUT


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_documented_and_a_flag() -> None:
    text = read("docs/settings.md")
    serve = main.commands["serve"]
    flags = {option for parameter in serve.params for option in parameter.opts}
    for field in fields(Settings):
        assert f"`AVIDITY_{field.name.upper()}`" in text
        flag = "--" + field.name.replace("_", "-")
        assert f"`{flag}`" in text
        assert flag in flags


def test_the_docs_name_the_defaults_and_what_is_allowed() -> None:
    known, allowed = (_table(part) for part in read("docs/settings.md").split("## Allowed values"))
    for field in fields(Settings):
        default = known[f"AVIDITY_{field.name.upper()}"][1]
        if field.default is not None:
            number = isinstance(field.default, float)
            assert default == (f"{field.default:g}" if number else str(field.default)), field.name
        elif default != "none":
            assert field.name in ("release", "pid_file")  # where these are said in words
    ranges = {f"AVIDITY_{name.upper()}": f"{low} to {high}" for name, low, high in settings._RANGES}
    words = {f"AVIDITY_{name.upper()}": ", ".join(all_of_them) for name, all_of_them in settings._WORDS.items()}
    assert {name: cells[0] for name, cells in allowed.items()} == ranges | words


def _table(text: str) -> dict[str, list[str]]:
    """The cells beside each setting."""
    rows = re.findall(r"(?m)^\| `(AVIDITY_\w+)` \| (.*) \|$", text)
    return {name: cells.split(" | ") for name, cells in rows}


def test_every_command_is_named_in_the_readme() -> None:
    assert isinstance(main, click.Group)
    for name in ("serve", "ask", "show", "check"):
        assert name in main.commands
        assert f"avidity {name}" in read("README.md")


def test_every_command_and_its_options_are_documented() -> None:
    texts = read("README.md") + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    for name, command in main.commands.items():
        assert f"avidity {name}" in texts, name
        for parameter in command.params:
            assert getattr(parameter, "help", "-") or parameter.name, (name, parameter.name)
    assert len(main.commands) >= 13


def test_every_path_of_the_service_is_documented(app: Flask) -> None:
    """REST is held to its own document; of the rest, the README or the docs speak."""
    texts = read("README.md") + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    rules = {re.split(r"/?<", rule.rule)[0] for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/v1")}
    for path in sorted(rules - {"", "/", "/static", "/api"}):
        assert path in texts, path


def test_every_part_of_a_claims_file_is_documented() -> None:
    for name in (*StudyFile.model_fields, *TopicFile.model_fields):
        assert f"`{name}`" in read("docs/claims.md")


def test_the_answer_in_the_readme_is_the_answer(client: FlaskClient) -> None:
    printed = re.findall(r"```\n(agent_label,.*?)```", read("README.md"), re.DOTALL)
    assert len(printed) == 1
    answer = client.get("/api/v1/questions/agents-for-genotype?alteration=NRAS&format=csv").text
    rows = [row[2:8] for row in csv.reader(io.StringIO(answer))]
    assert [",".join(row) for row in rows] == printed[0].splitlines()
    assert "all five patients with NRAS mutations showed restored radioiodine uptake and received RIT" in answer


def test_the_query_in_the_docs_answers(store: ox.Store) -> None:
    [query] = re.findall(r"```sparql\n(.*?)```", read("docs/graph.md"), re.DOTALL)
    rows = store.query(query, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    found = {(row["given"].value, row["tier"].value) for row in rows}
    assert {("selumetinib", "exact"), ("trametinib", "pooled"), ("trametinib", "mixed")} <= found


def test_terms_in_the_docs_exist(store: ox.Store) -> None:
    for name in set(re.findall(r"av:(\w+)", read("docs/graph.md"))):
        assert any(
            True
            for _ in store.quads_for_pattern(
                ox.NamedNode("https://w3id.org/avidity/ontology#" + name), None, None, None
            )
        ), name


def test_prefixes_in_the_docs_are_declared_and_explained() -> None:
    text = read("docs/graph.md")
    used = set(re.findall(r"\b([a-z][a-z-]*):[A-Za-z]", text))
    assert {"av", "sssom", "unit", "skos", "dcterms", "void"} <= used
    for name in used:
        assert name in PREFIXES, name
        # A kind's prefix is its name, which is said once; the others are said, but for those that everybody knows.
        known = name in KINDS or name in ("rdfs", "owl", "skos", "dcterms")
        assert known or re.search(rf"`{name}:` is\s`{re.escape(PREFIXES[name])}`", text), name


def test_every_graph_is_in_the_docs(store: ox.Store) -> None:
    text = read("docs/graph.md")
    names = {graph.value.removeprefix(GRAPH) for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}
    for name in sorted({name for name in names if not name.startswith("study/")}):
        assert f"`{name}`" in text or f"`…/graph/{name}`" in text, name
    assert "dataset" in names
    described = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(GRAPH + "dataset")))
    assert 0.2 < described / len(store) < 0.3  # "a quarter"


@pytest.mark.parametrize(
    "path",
    sorted(p.relative_to(ROOT) for p in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("C*.md")]),
    ids=str,
)
def test_links_between_files_hold(path: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", read(str(path))):
        assert ((ROOT / path).parent / target).exists(), target


def test_no_registry_or_machine_path_is_committed() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "requirements-build.lock"):
        text = read(name)
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text


def test_numbers_in_the_changelog(client: FlaskClient) -> None:
    counts = client.get("/api/v1/release").get_json()["data"]["counts"]
    text = read("CHANGELOG.md")
    for number, what in (
        ("Agent", "agents"),
        ("Alteration", "alterations"),
        ("Mechanism", "mechanisms"),
        ("AdverseEventFinding", "adverse-event findings"),
        ("Statement", "statements"),
        ("Question", "competency questions"),
        ("Discrepancy", "discrepancies"),
        ("DerivedFinding", "derived counts"),
        ("RefractorinessCriterion", "criteria"),
        ("OpenQuestion", "open questions"),
    ):
        assert f"{counts[number]} {what}" in text
