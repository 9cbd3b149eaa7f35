"""MCP: the SDK's own client, in memory, over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from avidity_loaders import places
from avidity_service.client import in_process
from avidity_service.mcp.server import make_server
from flask import Flask
from flask.testing import FlaskClient
from mcp import Client, StdioServerParameters

Call = Callable[..., Any]
TOOLS = {
    "find_evidence", "which_agents", "adverse_events", "discrepancies", "list_questions", "ask_question", "get",
    "resolve", "sparql", "search", "verify_quote", "pool",
}  # fmt: skip


def run(server: Any, ask: Callable[[Client], Awaitable[Any]]) -> Any:
    async def asked() -> Any:
        async with Client(server) as client:
            return await ask(client)

    return anyio.run(asked)


@pytest.fixture(scope="module")
def call(app: Flask) -> Call:
    server = make_server(in_process(app))

    def ask(name: str, /, **arguments: Any) -> Any:
        return run(server, lambda client: client.call_tool(name, arguments))

    return ask


def answer(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content[0].text
    found: dict[str, Any] = result.structured_content
    # The text beside it says the same, for clients that read no structure.
    assert json.loads(result.content[0].text) == found
    return found


def test_the_tools_are_read_only_and_say_what_they_take(app: Flask) -> None:
    tools = run(make_server(in_process(app)), lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert tool.description
        assert tool.output_schema
        assert all(one.get("description") for one in tool.input_schema["properties"].values()), tool.name
    listed = (places.CHECKOUT / "docs" / "mcp.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in listed for name in TOOLS)


def test_the_rows_are_those_of_rest(call: Call, client: FlaskClient) -> None:
    found = answer(call("find_evidence", alteration="NRAS", measure="uptake-restored", limit=3))
    rest = client.get("/api/v1/findings?alteration=NRAS&measure=uptake-restored").get_json()
    assert found["status"] == "evidence"
    assert [row["iri"] for row in found["rows"]] == [row["iri"] for row in rest["data"][:3]]
    assert (found["total"], found["truncated"], found["next_offset"]) == (rest["meta"]["total"], True, 3)
    assert (found["release"], found["query"]) == (rest["meta"]["release"], rest["meta"]["query"])
    first = found["rows"][0]
    assert (first["count"], first["denominator"], first["failures"], first["tier"]) == (5, 5, 0, "exact")
    assert first["quote"] == "all five patients with NRAS mutations showed restored radioiodine uptake and received RIT"
    rest_of_them = answer(call("find_evidence", alteration="NRAS", measure="uptake-restored", offset=3, limit=200))
    assert len(rest_of_them["rows"]) == rest["meta"]["total"] - 3
    assert not rest_of_them["truncated"]


def test_which_agents_keeps_responders_without_an_agent(call: Call) -> None:
    found = answer(call("which_agents", alteration="NRAS"))
    assert [(row["agent"], row["count"], row["denominator"]) for row in found["rows"]] == [
        ("selumetinib", 5, 5), ("trametinib", 1, 3), ("trametinib", None, None), ("trametinib", 8, 13),
    ]  # fmt: skip
    assert any("Toro-Tobon" in note for note in found["notes"])


def test_no_evidence_is_no_zero(call: Call) -> None:
    found = answer(call("find_evidence", alteration="alk-alteration", agent="selumetinib"))
    assert (found["status"], found["rows"], found["total"]) == ("no-evidence", [], 0)
    assert "source states nothing" in " ".join(found["notes"])


def test_harms_say_what_is_counted(call: Call) -> None:
    found = answer(call("adverse_events", agent="trametinib", grade_min=3, limit=200))
    assert all(row["grade"] >= 3 or row["grade_high"] >= 3 for row in found["rows"])
    assert any((row["term_label"], row["grade"], row["patients"]) == ("rash", 4, 1) for row in found["rows"])


def test_questions_by_name(call: Call, client: FlaskClient) -> None:
    listed = answer(call("list_questions"))
    assert listed["total"] == 67
    found = answer(call("ask_question", name="agents-for-genotype", parameters={"alteration": "NRAS"}))
    assert found["rows"] == client.get("/api/v1/questions/agents-for-genotype?alteration=NRAS").get_json()["data"]


def test_things_ids_discrepancies_and_queries(call: Call) -> None:
    assert answer(call("get", collection="studies", slug="ho-2013"))["record"]["parts"]
    assert answer(call("resolve", outside_id="NCIT:C66939"))["record"]["matches"][0]["predicate"] == "skos:exactMatch"
    discrepancies = answer(call("discrepancies", limit=200))
    assert discrepancies["total"] == 49
    assert all(row["sides"] for row in discrepancies["rows"][:5])
    found = answer(call("sparql", query="SELECT ?agent WHERE { ?agent a av:Agent }", limit=2))
    assert (len(found["rows"]), found["total"], found["truncated"]) == (2, 14, True)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("find_evidence", {"alteration": "NRSA"}, "Did you mean NRAS?"),
        ("find_evidence", {"match": "exact"}, "A tier is about a genotype"),
        ("get", {"collection": "agents", "slug": "aspirin"}, "There is no agent"),
        ("ask_question", {"name": "agents-for-genotype"}, "'alteration' is missing"),
        ("sparql", {"query": "SELECT ?a WHERE { ?a a }"}, "Line 1"),
        (
            "sparql",
            {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"},
            "does not ask other endpoints",
        ),
        ("sparql", {"query": "INSERT DATA { <a:b> <a:b> <a:b> }"}, "answers queries only"),
        ("adverse_events", {"grade_min": 9}, "less than or equal to 5"),
    ],
)
def test_errors_reach_the_model_in_words(tool: str, arguments: dict[str, Any], words: str, call: Call) -> None:
    result = call(tool, **arguments)
    assert result.is_error
    assert words in result.content[0].text


def test_search_and_quotes(call: Call) -> None:
    found = answer(call("search", words="NRSA"))
    assert found["rows"][0]["id"] == "alteration/nras-mutation"
    assert "nrsa was read as nras" in found["notes"]
    quote = "all five patients with NRAS mutations showed restored radioiodine uptake"
    verified = answer(call("verify_quote", quote=quote))
    assert verified["verbatim"]
    assert "finding/ho-2013/nras/uptake-restored" in verified["places"][0]["facts"]
    changed = answer(call("verify_quote", quote=quote.replace("five", "six")))
    assert not changed["verbatim"]
    assert "all five patients with NRAS" in changed["nearest"]


def test_pooling_refuses_what_is_unlike(call: Call) -> None:
    refused = call("pool", measure="uptake-restored", alteration="BRAF", match="exact")
    assert refused.is_error
    assert "post-therapeutic" in refused.content[0].text
    group = answer(
        call("pool", measure="uptake-restored", alteration="BRAF", match="exact", definition="diagnostic-scan")
    )
    [braf] = group["rows"]
    assert braf["like_with_like"]
    assert braf["count"] == sum(row["count"] for row in braf["rows"])
    assert all(row["quote"] for row in braf["rows"])
    unlike = answer(call("pool", measure="uptake-restored", alteration="BRAF", match="exact", allow_unlike=True))
    assert (unlike["rows"][0]["count"], unlike["rows"][0]["denominator"]) == (41, 59)
    assert any("unlike in definition" in note for note in unlike["notes"])


def test_resources(app: Flask) -> None:
    server = make_server(in_process(app))
    schema = run(server, lambda client: client.read_resource("avidity://schema")).contents[0].text
    assert "PREFIX av: <https://w3id.org/avidity/ontology#>" in schema
    assert "- av:denominator:" in schema
    assert len(json.loads(run(server, lambda c: c.read_resource("avidity://questions")).contents[0].text)) == 67


def test_over_standard_input_and_output(release_folder: Path) -> None:
    program = StdioServerParameters(
        command=str(Path(sys.executable).parent / "avidity"), args=["mcp", "--release", str(release_folder)]
    )
    found = run(program, lambda client: client.call_tool("which_agents", {"alteration": "NRAS"}))
    assert answer(found)["rows"][0]["agent"] == "selumetinib"


def test_over_http(release_folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "avidity"),
        "mcp",
        "--http",
        "--port",
        str(port),
        "--release",
        str(release_folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            found = run(f"http://127.0.0.1:{port}/mcp", lambda c: c.call_tool("resolve", {"outside_id": "NCIT:C66939"}))
            assert answer(found)["record"]["matches"]
        finally:
            server.terminate()
            server.wait(20)
