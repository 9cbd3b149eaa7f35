"""What can be asked under `/api/v1`, one record a path; the questions come from the release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avidity_service.catalogue import Question
from avidity_service.contract import parameters as p
from avidity_service.contract.parameters import Parameter
from avidity_service.evidence_map.request import COLUMNS as COLUMNS_OF_MAP
from avidity_service.evidence_map.request import ROWS
from avidity_service.links import PREDICATES
from avidity_service.rest.collections import LISTS, OF_STUDIES, SINGLE, THING_COLUMNS
from avidity_service.rest.findings import COLUMNS
from avidity_service.statistics.proportions import INTERVALS
from avidity_service.synthesis.groups import BY
from avidity_service.synthesis.results import DEFINITIONS, POPULATIONS

_JSON = ("application/json",)
_PAGE = (p.LIMIT, p.OFFSET)
_TABLE = ("application/json", "text/csv", "application/ld+json")
_THING = ("application/json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET: `path` as the document writes it, below `/api/v1`; `data` names the model of the answer's data.

    `refusals` are statuses beside 200, 406 and 422 that it can give; `example` is a query where the parameters that it
    needs make no good one.
    """

    path: str
    name: str
    group: str
    summary: str
    data: str
    parameters: tuple[Parameter, ...] = ()
    media_types: tuple[str, ...] = _TABLE
    refusals: tuple[int, ...] = ()
    example: tuple[tuple[str, str], ...] = ()


def operations() -> Iterator[Operation]:
    """All but the questions."""
    yield Operation("/", "index", "About", "What there is", "list[Entry]", (), _JSON)
    yield Operation("/release", "release", "About", "The release: id, counts, digests", "Release", (), _JSON)
    formats = p.format_("json", "csv", "jsonld")
    table = (*p.FILTERS, p.sort(COLUMNS, "-percentage"), *_PAGE, formats)
    yield Operation(
        "/agents", "agents", "Evidence",
        "Agents; with a filter, those with at least one responder, each with the findings that speak for it",
        "list[Agent]", (*map(_of_responders, p.FILTERS), p.sort(THING_COLUMNS, "label"), *_PAGE, formats),
        refusals=(409,),
    )  # fmt: skip
    yield Operation(
        "/findings", "findings", "Evidence", "Findings: n/N with failures, tier, regimen, quote", "list[Finding]",
        table,
        refusals=(409,),
    )  # fmt: skip
    yield Operation(
        "/adverse-events", "adverse_events", "Evidence", "Harms, with grade, patients or events, and quote",
        "list[Finding]", table, refusals=(409,),
    )  # fmt: skip
    for path in LISTS:
        filters = (p.STUDY,) if path in OF_STUDIES else ()
        yield Operation(
            f"/{path}", _name(path), "Things", f"All {path.replace('-', ' ')}", "list[Thing]",
            (*filters, p.sort(THING_COLUMNS, "label"), *_PAGE, p.format_("json", "csv", "jsonld")),
        )  # fmt: skip
    for path, kind in SINGLE.items():
        data = {"finding": "FindingThing", "study": "StudyThing"}.get(kind, "Thing")
        yield Operation(
            f"/{path}/{{slug}}", f"{_name(path)}_one", "Things", f"One of the {path.replace('-', ' ')}", data,
            (p.slug(kind), p.format_("json", "jsonld")), _THING, (404,),
        )  # fmt: skip
    yield from _links()
    yield from _words()
    yield from _syntheses()
    yield Operation(
        "/questions", "questions", "Questions", "The questions, each with its parameters", "list[Question]", (),
        _JSON,
    )  # fmt: skip


def of_question(question: Question) -> Operation:
    """The operation that asks a question."""
    asked = tuple(
        Parameter(
            one.name, one.description, int(one.example) if one.type == "integer" else one.example,
            {"type": "integer"} if one.type == "integer" else {"type": "string"},
            None if one.type == "integer" else one.type, required=one.required,
        )
        for one in question.parameters
    )  # fmt: skip
    return Operation(
        f"/questions/{question.name}", "ask_" + _name(question.name), "Questions", question.question,
        f"question:{question.name}", (*asked, *_PAGE, p.format_("json", "csv")), ("application/json", "text/csv"),
    )  # fmt: skip


def _links() -> Iterator[Operation]:
    curie = Parameter("curie", "CURIE, or IRI, of a term of another vocabulary.", "NCIT:C66939",
                      {"type": "string", "minLength": 1}, required=True)  # fmt: skip
    filters = (
        Parameter("subject", "Our thing: `kind/slug`, CURIE or IRI.", "agent/selumetinib",
                  {"type": "string", "pattern": "^[a-z][a-z-]*/[a-z0-9][a-z0-9-]*$"}, many=True),
        Parameter("kind", "Kind of our thing.", "agent", kind="mapped-kind", many=True),
        Parameter("predicate", "How exact the link is.", "skos:exactMatch",
                  {"type": "string", "enum": list(PREDICATES)}, many=True),
        Parameter("object", "Term of another vocabulary.", "NCIT:C66939", kind="mapped-object", many=True),
        Parameter("vocabulary", "Prefix of the other vocabulary.", "NCIT", kind="vocabulary", many=True),
    )  # fmt: skip
    yield Operation(
        "/mappings", "mappings", "Links", "Links to other vocabularies", "list[Mapping]",
        (*filters, *_PAGE, p.format_("json", "csv", "sssom")),
        ("application/json", "text/csv", "text/tab-separated-values"), (404,),
    )  # fmt: skip
    yield Operation(
        "/mappings/{slug}", "mappings_one", "Links", "One link", "Mapping", (p.slug("mapping"),),
        _JSON, (404,),
    )  # fmt: skip
    yield Operation(
        "/resolve/{curie}", "resolve", "Links", "What an outside id means here, and how exactly", "Resolved",
        (curie,), _JSON, (404,),
    )  # fmt: skip
    yield Operation(
        "/resolve", "resolve_id", "Links", "The same for IRIs and addresses", "Resolved",
        (curie.but(name="id", example="http://purl.obolibrary.org/obo/NCIT_C66939"),), _JSON, (404,),
    )  # fmt: skip


def _words() -> Iterator[Operation]:
    text = {"type": "string", "minLength": 1, "maxLength": 300}
    q = Parameter("q", "Words: names, ids, or what the review says.", "NRAS", text, required=True)
    kind = Parameter("kind", "Only hits of this kind; repeated, any of them.", "agent", kind="sought-kind", many=True)
    yield Operation(
        "/search", "search", "Search and source", "Things and sentences that fit words, the nearest first",
        "list[Hit]", (q, kind, *_PAGE, p.format_("json", "csv")), ("application/json", "text/csv"),
    )  # fmt: skip
    yield Operation(
        "/suggest", "suggest", "Search and source", "Names that start so", "list[Suggestion]", (q,), _JSON
    )  # fmt: skip
    yield Operation(
        "/source", "source", "Search and source", "The review's text, with the facts that each passage proves",
        "Source", (), _JSON,
    )  # fmt: skip
    yield Operation(
        "/source/passages/{slug}", "source_passage", "Search and source", "One passage, with its facts",
        "PassageAndFacts", (p.slug("passage"),), _JSON, (404,),
    )  # fmt: skip
    quote = Parameter(
        "quote", "Words to look for, verbatim.", "all five patients with NRAS mutations showed restored",
        {"type": "string", "minLength": 1, "maxLength": 2000}, required=True,
    )  # fmt: skip
    yield Operation(
        "/verify", "verify", "Search and source", "Whether words stand in the review, and what they prove",
        "Verified", (quote,), _JSON,
    )  # fmt: skip


def _syntheses() -> Iterator[Operation]:
    def choice(name: str, words: str, values: tuple[str, ...], many: bool = False, default: str = "") -> Parameter:
        schema = {"type": "string", "enum": list(values), **({"default": default} if default else {})}
        return Parameter(name, words, values[0], schema, many=many)

    own = (
        choice("by", "What the groups are; by default the genotypes asked for, else all together.", BY),
        choice("interval", "Which interval low and high are.", tuple(INTERVALS), default="wilson"),
        choice("allow_unlike", "Pool what is unlike too, and name in what.", ("true", "false"), default="false"),
        choice("definition", "How uptake was judged.", tuple(DEFINITIONS), many=True),
        choice("population", "Whom the denominator holds.", tuple(POPULATIONS), many=True),
        Parameter("timepoint", "When, in the words of `timepoint`.", "six months", many=True),
    )
    yield Operation(
        "/synthesis", "synthesis", "Evidence", "Proportions study by study, pooled only like with like",
        "list[Group]", (*(p.MEASURE.but(required=True) if one is p.MEASURE else one for one in p.FILTERS), *own, *_PAGE,
                        p.format_("json", "csv")), ("application/json", "text/csv"), (409,),
        (("measure", "uptake-restored"), ("alteration", "braf-mutation"), ("match", "exact"),
         ("definition", "diagnostic-scan")),
    )  # fmt: skip
    narrowing = (p.AGENT, p.MECHANISM, p.ALTERATION, p.GENE, p.HISTOLOGY, p.STUDY, p.DESIGN)
    axes = (choice("rows", "What the rows are.", ROWS, default=ROWS[0]),
            choice("columns", "What the columns are.", COLUMNS_OF_MAP, default=COLUMNS_OF_MAP[0]))  # fmt: skip
    yield Operation(
        "/evidence-map", "evidence_map", "Evidence", "What was given to whom: reported, not reported, or no study",
        "list[MapRow]", (*narrowing, p.MEASURE.but(many=False), *axes, *_PAGE, p.format_("json", "csv")),
        ("application/json", "text/csv"), (409,),
    )  # fmt: skip


def _of_responders(parameter: Parameter) -> Parameter:
    if parameter is p.MEASURE:
        more = " One that is hoped for; without it, uptake restored is meant."
        return parameter.but(kind="favourable-measure", description=parameter.description + more)
    return parameter


def _name(path: str) -> str:
    return path.replace("-", "_")
