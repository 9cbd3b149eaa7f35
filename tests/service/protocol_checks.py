"""What a SPARQL 1.1 Protocol endpoint owes its clients, as a table: a request, and what the answer must be.

Written from the standards (SPARQL 1.1 Protocol, Service Description, RFC 9110, 9457, Fetch), not from our code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

E = "http://example.org/"
ONE, TWO = "https://w3id.org/avidity/graph/one", "https://w3id.org/avidity/graph/two"
SELECT = f"SELECT ?n {{ ?s <{E}p> ?n }} ORDER BY ?n"
GRAPH = f"CONSTRUCT {{ ?s <{E}p> ?n }} WHERE {{ ?s <{E}p> ?n }}"
ASK = "ASK { FILTER(false) }"
COUNT = f"SELECT (COUNT(*) AS ?n) {{ {{ ?s <{E}p> ?o }} UNION {{ ?s <{E}q> ?o }} }}"
LONG = "SELECT ?n { VALUES ?n { " + " ".join(map(str, range(300))) + " } }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(12)) + " }"
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
TTL, NT, RDF, LD = "text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"
PROBLEM = "application/problem+json"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"


@dataclass(frozen=True, slots=True)
class Check:
    """A request and its answer; `says` and the values of `has` are patterns, `lacks` are header names."""

    name: str
    status: int = 200
    type: str | None = None
    says: str = ""
    has: dict[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    method: str = "GET"
    target: str = "/sparql"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


def get(
    name: str, query: str, accept: str | None = None, *, also: tuple[tuple[str, str], ...] = (), **rest: Any
) -> Check:
    """A GET with this query; `also` are more parameters."""
    fields = [("query", query), *also]
    headers = rest.pop("headers", ())
    assert isinstance(headers, tuple)
    headers = (*((("Accept", accept),) if accept is not None else ()), *headers)
    return Check(name, target="/sparql?" + urlencode(fields), headers=headers, **rest)


def post(name: str, body: str | bytes, kind: str | None, **rest: Any) -> Check:
    """A body of this media type."""
    data = body.encode() if isinstance(body, str) else body
    headers = (("Content-Type", kind),) if kind is not None else ()
    return Check(name, **{"method": "POST", "body": data, "headers": headers, **rest})


def form(name: str, *fields: tuple[str, str], **rest: Any) -> Check:
    """A form."""
    return post(name, urlencode(fields), FORM, **rest)


THREE = r'"value":"0".*"value":"1".*"value":"2"'
_BAD: dict[str, Any] = {
    "type": PROBLEM,
    "has": {"Access-Control-Allow-Origin": r"\*", "X-Content-Type-Options": "nosniff"},
}

RESULTS = [
    get("results without Accept are JSON", SELECT, type=JSON, says=THREE),
    get("*/* is JSON", SELECT, "*/*", type=JSON),
    get("JSON by name", SELECT, JSON, type=JSON),
    get("XML by name", SELECT, XML, type=XML, says="<result>"),
    get("CSV by name", SELECT, CSV, type=CSV, says="^n\r\n0\r\n", has={"Content-Type": "charset=utf-8"}),
    get("TSV by name", SELECT, TSV, type=TSV, says=r"^\?n\n"),
    get("application/json means the JSON results", SELECT, "application/json", type=JSON),
    get("application/xml means the XML results", SELECT, "application/xml", type=XML),
    get("text/xml too", SELECT, "text/xml", type=XML),
    get("a media type in capitals", SELECT, "TEXT/CSV", type=CSV),
    get("the higher q wins", SELECT, f"{XML};q=0.4, {CSV};q=0.8", type=CSV),
    get("no q is 1", SELECT, f"{JSON};q=0.9, {TSV}", type=TSV),
    get("Q in capitals, with spaces", SELECT, f"{JSON} ; Q=0.1 , {TSV} ; Q=0.2", type=TSV),
    get("q=0 takes a type out of a range", SELECT, f"*/*, {JSON};q=0", type=XML),
    get("text/* is a table", SELECT, "text/*", type=CSV),
    get("application/* is JSON", SELECT, "application/*", type=JSON),
    get(
        "the specific range goes before the general",
        SELECT,
        f"*/*;q=1, application/*;q=0.1, {XML};q=0.2, {CSV};q=0.3, {TSV};q=0.9, text/plain",
        type=TSV,
    ),
    get("a range counts less than q", SELECT, "text/*;q=0.5, application/*;q=0.4", type=CSV),
    get("a browser gets JSON", SELECT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", type=JSON),
    get("two Accept headers are one list", SELECT, f"{XML};q=0.1", headers=(("Accept", f"{CSV};q=0.2"),), type=CSV),
    get("parameters of a media type are ignored", SELECT, "text/csv;header=present", type=CSV),
    get("format= goes before Accept", SELECT, XML, also=(("format", "csv"),), type=CSV),
    get("format= takes a media type", SELECT, also=(("format", TSV),), type=TSV),
    get(
        "what is not offered is 406 and says what is",
        SELECT,
        "image/png",
        status=406,
        says=r'"offered"(.|\n)*text/csv',
        **{**_BAD, "has": {"Vary": "Accept"}},
    ),
    get("q=0 for all is 406", SELECT, "*/*;q=0", status=406, **_BAD),
    get("an unknown format= is 406", SELECT, also=(("format", "docx"),), status=406, says="tsv", **_BAD),
    get("a boolean in JSON", ASK, JSON, type=JSON, says='"boolean":false'),
    get("a boolean in XML", ASK, XML, type=XML, says="<boolean>false</boolean>"),
    get("text is UTF-8", 'SELECT ("γ-Å" AS ?x) {}', JSON, type=JSON, says="γ-Å"),
]
GRAPHS = [
    get("a graph without Accept is Turtle", GRAPH, type=TTL, has={"Content-Type": "charset=utf-8"}),
    get("N-Triples by name", GRAPH, NT, type=NT, says=f"<{E}s0> <{E}p> "),
    get("RDF/XML by name", GRAPH, RDF, type=RDF, says="rdf:RDF"),
    get("JSON-LD by name", GRAPH, LD, type=LD, says="@id"),
    get("text/* is Turtle for a graph", GRAPH, "text/*", type=TTL),
    get("application/* is a graph too", GRAPH, "application/*", type=NT),
    get("DESCRIBE is a graph", f"DESCRIBE <{E}s1>", type=TTL, says="s1"),
    get("a graph cannot be a table", GRAPH, CSV, status=406, says="text/turtle", **_BAD),
    get("one Accept for both kinds", GRAPH, f"{JSON}, {RDF};q=0.5", type=RDF),
    get(
        "JSON-LD cannot hold a triple term",
        "CONSTRUCT { <a:a> <a:b> ?t } { BIND(TRIPLE(<a:c>, <a:d>, 1) AS ?t) }",
        LD,
        status=406,
        says="text/turtle",
        **_BAD,
    ),
]
OPERATIONS = [
    form("POST of a form", ("query", SELECT), type=JSON, says=THREE),
    post("a form with a charset", urlencode({"query": SELECT}), FORM + "; charset=UTF-8", says=THREE),
    post("POST of a query", SELECT, DIRECT, says=THREE),
    post("a query with a charset", SELECT, DIRECT + ";charset=utf-8", says=THREE),
    post("a content type in capitals", SELECT, DIRECT.upper(), says=THREE),
    post("QUERY of a query", SELECT, DIRECT, method="QUERY", says=THREE),
    post("QUERY of a form", urlencode({"query": SELECT}), FORM, method="QUERY", says=THREE),
    post("another charset is 415", SELECT, DIRECT + "; charset=utf-16", status=415, **_BAD),
    Check("a slash at the end", target="/sparql/?" + urlencode({"query": SELECT}), says=THREE),
    Check("+ is a space", target="/sparql?query=SELECT+(%22a+b%22+AS+%3Fx)+%7B%7D", says='"a b"'),
    Check("decoded once", target="/sparql?query=SELECT+(%22%2541%2B%22+AS+%3Fx)+%7B%7D", says=r'"%41\+"'),
    Check("HEAD is GET without a body", method="HEAD", target="/sparql?" + urlencode({"query": SELECT}), type=JSON, says="^$", has={"ETag": '^"', "Content-Length": r"^[1-9]\d+$", "Vary": "Accept"}),
    Check("HEAD of a refusal has no body either", 400, method="HEAD", target="/sparql?query=SELEC", says="^$"),
    Check("OPTIONS names the methods", method="OPTIONS", has={"Allow": "(?=.*GET)(?=.*HEAD)(?=.*POST)(?=.*QUERY)(?=.*OPTIONS)", "Accept-Query": "sparql-query", "Accept-Post": FORM}),
    Check("a preflight of a browser", method="OPTIONS", headers=(("Origin", "http://a.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")),
          has={"Access-Control-Allow-Origin": r"\*", "Access-Control-Allow-Methods": "(?=.*POST)(?=.*QUERY)", "Access-Control-Allow-Headers": "(?i)content-type", "Access-Control-Max-Age": r"\d+"}),
    Check("an answer to another origin", target="/sparql?" + urlencode({"query": ASK}), headers=(("Origin", "http://a.example"),), has={"Access-Control-Allow-Origin": r"\*", "Access-Control-Expose-Headers": "ETag"}),
    *(Check(f"{method} is 405 with Allow", 405, method=method, **{**_BAD, "has": {"Allow": "(?=.*GET)(?=.*POST)", "Access-Control-Allow-Origin": r"\*"}}) for method in ("PUT", "DELETE", "PATCH")),
    post("text/plain is 415", SELECT, "text/plain", status=415, says=DIRECT, **{**_BAD, "has": {"Accept-Post": DIRECT}}),
    post("no content type is 415", SELECT, None, status=415, **_BAD),
    post("JSON is 415", '{"query": "ASK {}"}', "application/json", status=415, **_BAD),
    post("a multipart form is 415", "--x--", "multipart/form-data; boundary=x", status=415, **_BAD),
    form("a form without a query is 400", ("format", "json"), status=400, **_BAD),
    post("an empty query is 400", "", DIRECT, status=400, **_BAD),
    get("an empty query= is 400", "", status=400, **_BAD),
    get("two queries are 400", ASK, also=(("query", ASK),), status=400, **_BAD),
    form("one in the address and one in the body are 400", ("query", ASK), target="/sparql?query=ASK%7B%7D", status=400, **_BAD),
    post("what is not UTF-8 is 400", b"ASK { ?s ?p '\xff' }", DIRECT, status=400, says="UTF-8", **_BAD),
    Check("nor in an address", 400, target="/sparql?query=ASK%7B%3Fs%20%3Fp%20%22%FF%22%7D", says="UTF-8", **_BAD),
    form("update= is 403", ("update", "CLEAR ALL"), status=403, **_BAD),
    post("an update is 403", "CLEAR ALL", "application/sparql-update", status=403, **_BAD),
    get("an update as a query is 403", "INSERT DATA { <a:a> <a:b> <a:c> }", status=403, **_BAD),
    get("SERVICE is 403", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", status=403, **_BAD),
    Check("a path that is not there is 404", 404, target="/sparql/nothing", **_BAD),
]  # fmt: skip
DATASETS = [
    get("the union by default", COUNT, says='"5"'),
    get("one default graph", COUNT, also=(("default-graph-uri", ONE),), says='"3"'),
    get("two are merged", COUNT, also=(("default-graph-uri", ONE), ("default-graph-uri", TWO)), says='"5"'),
    get("the protocol goes before FROM", COUNT.replace(" {", f" FROM <{ONE}> {{", 1), also=(("default-graph-uri", TWO),), says='"2"'),
    get("and before FROM NAMED", f"SELECT ?g FROM NAMED <{ONE}> {{ GRAPH ?g {{ ?s <{E}q> ?o }} }}", also=(("named-graph-uri", TWO),), says="graph/two"),
    get("named graphs alone: an empty default graph", COUNT, also=(("named-graph-uri", ONE),), says='"0"'),
    get("FROM of what is not here fetches nothing", COUNT.replace(" {", " FROM <http://127.0.0.1:9/> {", 1), says='"0"'),
    get("a graph name must be an IRI", COUNT, also=(("default-graph-uri", "no iri"),), status=400, says="default-graph-uri", **_BAD),
    form("in a form", ("query", COUNT), ("default-graph-uri", ONE), says='"3"'),
    post("in the address of a direct POST", COUNT, DIRECT, target="/sparql?" + urlencode({"default-graph-uri": ONE}), says='"3"'),
]  # fmt: skip
FAILURES = [
    get("a syntax error has line, column and caret", "SELECT ?s {\n  ?s ?p }", status=400, says=r'(?s)"line": 2,.*"column": \d+,.*"caret": .*\^', **_BAD),
    get("an undeclared prefix is named", "SELECT ?s { ?s foo:bar ?o }", status=400, says="(?i)prefix", **_BAD),
    get("a query over the cap is 413", "ASK {} #" + "x" * 70_000, status=413, says="65536", **_BAD),
    post("so is a long POST", "ASK {} #" + "x" * 70_000, DIRECT, status=413, **_BAD),
    Check("a body over the server's cap is 413", 413, method="POST", headers=(("Content-Type", DIRECT), ("Content-Length", "99999999"))),
    get("too many rows are 413, never a short answer", "SELECT ?a { " + " ".join(f"VALUES ?{v} {{ {' '.join(map(str, range(20)))} }}" for v in "abc") + " }", status=413, says="1000", **_BAD),
    get("a slow query is 504", ENDLESS, also=(("timeout", "0.3"),), status=504, says='"timeout_s": 0.3', **_BAD),
    get("a query that eats memory is 507", "SELECT ?z { BIND('" + "x" * 1000 + "' AS ?a0) " + " ".join(f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(40)) + " BIND(STRLEN(?a40) AS ?z) }", status=507, **_BAD),
    get("timeout= must be a number", ASK, also=(("timeout", "soon"),), status=400, **_BAD),
    get("deep braces are 400", "SELECT * " + "{" * 3000 + "}" * 3000, status=400, says="3000 deep", **_BAD),
    post("deep parentheses are 400", "ASK { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }", DIRECT, status=400, **_BAD),
    post("deep triple terms are 400", "ASK { ?s ?p " + "<<( ?a ?b " * 2000 + "1" + " )>>" * 2000 + " }", DIRECT, status=400, **_BAD),
    get("and the service is still there", ASK, says="false"),
]  # fmt: skip
CACHING = [
    get("a strong ETag", SELECT, has={"ETag": '^"', "Vary": "(?i)(?=.*accept)(?=.*accept-encoding)"}),
    get("gzip when it is accepted", LONG, headers=(("Accept-Encoding", "gzip"),), has={"Content-Encoding": "gzip", "Vary": "(?i)accept-encoding"}),
    get("not when it is refused", LONG, headers=(("Accept-Encoding", "gzip;q=0"),), lacks=("Content-Encoding",)),
    get("If-None-Match: * is 304", SELECT, headers=(("If-None-Match", "*"),), status=304, says="^$", has={"ETag": '^"'}),
    get("what is new each time has no ETag", "SELECT (NOW() AS ?x) {}", lacks=("ETag",), has={"Cache-Control": "no-store"}),
    get("nosniff and a policy", SELECT, has={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src"}),
    get("a refusal has no ETag", "SELEC", status=400, lacks=("ETag",), **_BAD),
]  # fmt: skip
DESCRIPTION = [
    Check("no query: the description, in Turtle", type=TTL, says="(?s)sd:Service.*sd:endpoint|sd:endpoint.*sd:Service"),
    *(Check(f"the description as {kind}", headers=(("Accept", kind),), type=kind, says="sparql-service-description") for kind in (TTL, NT, RDF, LD)),
    Check("its HEAD", method="HEAD", headers=(("Accept", TTL),), type=TTL, says="^$"),
    Check("it varies by Accept", headers=(("Accept", TTL),), has={"Vary": "Accept", "ETag": '^"'}),
    Check("the editor for a browser", headers=(("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),), type="text/html", says="<form"),
    Check("no query, results wanted: 400 and why", 400, headers=(("Accept", JSON),), says="query", **_BAD),
]  # fmt: skip
CHECKS = [*RESULTS, *GRAPHS, *OPERATIONS, *DATASETS, *FAILURES, *CACHING, *DESCRIPTION]
