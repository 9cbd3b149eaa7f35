"""Pages and things: what a person and a browser get."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action") and value and value.startswith("/"):
                self.found.append(value)
            elif name in ("src", "style") or (tag == "link" and name == "href" and value != "data:,"):
                self.outside.append(str(value))
        given = dict(attrs)
        # A file of our own, or data that no browser runs; never a script in the page.
        assert tag != "script" or "src" in given or given.get("type") in ("application/ld+json", "application/json")


def links(text: str) -> Links:
    parser = Links()
    parser.feed(text)
    return parser


HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_every_link_on_every_kind_of_page_leads_somewhere(client: FlaskClient) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    kinds: dict[str, int] = {}
    while waiting:
        path = waiting.pop(0)
        kind = path.split("?")[0].strip("/").split("/")[0]
        if path in seen or kinds.get(kind, 0) >= 20:
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(path, headers=HTML)
        assert answer.status_code == 200, path
        if kind == "static":
            answer.close()
            continue
        if answer.content_type.startswith("text/html"):
            page = links(answer.text)
            assert page.outside == [], path
            assert "<h1>" in answer.text
            waiting += [link.split("#")[0] for link in page.found if link.split("#")[0]]
    assert {
        "",
        "questions",
        "finding",
        "study",
        "agent",
        "cohort",
        "regimen",
        "passage",
        "sparql",
        "api",
        "downloads",
        "static",
    } <= set(kinds)


def test_the_answer_page_shows_n_of_n_tier_and_sentence(client: FlaskClient) -> None:
    text = client.get("/questions/agents-for-genotype?alteration=NRAS", headers=HTML).text
    for words in (
        "5 / 5",
        "1 / 3",
        "8 / 13",
        "exact",
        "pooled",
        "mixed",
        "all five patients with NRAS mutations showed restored radioiodine uptake",
    ):
        assert words in text


def test_a_typo_on_the_page(client: FlaskClient) -> None:
    answer = client.get("/questions/agents-for-genotype?alteration=NRSA", headers=HTML)
    assert answer.status_code == 422
    assert "Did you mean NRAS?" in answer.text


def test_nothing_reported_is_not_zero(client: FlaskClient) -> None:
    text = client.get("/questions/agents-for-genotype?alteration=STK11", headers=HTML).text
    assert "That is not a zero" in text


def test_words_from_outside_are_escaped(client: FlaskClient) -> None:
    for path in ("/questions/agents-for-genotype?alteration=<script>alert(1)</script>", "/agent/<script>x"):
        assert "<script>" not in client.get(path, headers=HTML).text


@pytest.mark.parametrize(
    "path",
    [
        "/agent/selumetinib",
        "/finding/ho-2013/nras/uptake-restored",
        "/study/weber-2022",
        "/passage/jcm13237021/11315-11404",
    ],
)
def test_a_thing_in_every_format(path: str, client: FlaskClient) -> None:
    triples = {}
    for suffix, accept, kind in (
        ("ttl", "text/turtle", ox.RdfFormat.TURTLE), ("nt", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("jsonld", "application/ld+json", ox.RdfFormat.JSON_LD),
    ):  # fmt: skip
        by_suffix = client.get(f"{path}.{suffix}")
        by_accept = client.get(path, headers={"Accept": accept})
        assert by_suffix.data == by_accept.data
        triples[suffix] = {(q.subject, q.predicate, q.object) for q in ox.parse(by_suffix.data, format=kind)}
    assert triples["ttl"] == triples["nt"] == triples["jsonld"]
    assert ox.NamedNode("https://w3id.org/avidity" + path) in {subject for subject, _, _ in triples["ttl"]}
    record = json.loads(client.get(f"{path}.json").text)["data"]
    assert record["iri"] == "https://w3id.org/avidity" + path
    assert client.get(path, headers=HTML).content_type.startswith("text/html")
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/agent/selumetinb", "selumetinib"),
        ("/agnt/selumetinib", "agent"),
        ("/study/ho-2014", "ho-2013"),
        ("/nothing", ""),
    ],
)
def test_unknown_things_are_404_with_words(path: str, words: str, client: FlaskClient) -> None:
    for headers in (HTML, {"Accept": "application/json"}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 404
        assert words in answer.text


def test_no_tracebacks(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("avidity_service.rest.findings.Findings.find", fail)
    answer = client.get("/api/v1/findings?limit=7")
    assert answer.status_code == 500
    assert answer.get_json()["incident"]
    assert "secret" not in answer.text


def test_headers(client: FlaskClient) -> None:
    for path in ("/", "/health", "/api/v1/agents", "/nothing"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Access-Control-Allow-Origin"] == "*"


def test_health_and_ready(client: FlaskClient) -> None:
    assert client.get("/health").get_json()["status"] == "ok"
    assert client.get("/ready").get_json()["status"] == "ready"


def test_downloads_are_the_files_of_the_manifest(client: FlaskClient) -> None:
    import hashlib

    manifest = client.get("/api/v1/release").get_json()["data"]
    for name, stated in manifest["files"].items():
        assert hashlib.sha256(client.get(f"/downloads/{name}").data).hexdigest() == stated["sha256"]
    assert client.get("/downloads/../manifest.json").status_code == 404


def test_ontology_as_turtle(client: FlaskClient) -> None:
    triples = list(
        ox.parse(client.get("/ontology", headers={"Accept": "text/turtle"}).data, format=ox.RdfFormat.TURTLE)
    )
    assert len(triples) > 800
