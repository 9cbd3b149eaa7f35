"""Findings as rows that a reader can act on: n/N, tier, what was given, and the sentence that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine, Term, short
from avidity_service.names import nodes
from avidity_service.rest.filters import Asked, in_order

Row = dict[str, Any]
Place = tuple[str, str | None]  # a finding, and the alteration that it was asked for
_MOST_ROWS = 20_000
_IN_ORDER = ("finding", "alteration", "match", "study", "design", "measure", "agent", "mechanism", "histology",
             "grade_min")  # fmt: skip
# What findings can be sorted by.
COLUMNS = (
    "id", "label", "study", "study_label", "reference", "cohort", "alteration", "histology", "tier", "given", "measure",
    "measure_label", "count", "denominator", "failures", "percentage", "value", "p_value", "basis", "start", "term",
    "grade", "patients", "events",
)  # fmt: skip
_TIERS = {"exact": 0, "pooled": 1, "mixed": 2}


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one page, how many there are in all, and the SPARQL that found them."""

    rows: list[Row]
    total: int
    query: str


class Findings:
    """Findings of one release."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self.engine = engine
        self.collections = catalogue.collections
        self.regimens = _regimens(engine, catalogue)
        self.cohorts = _cohorts(engine, catalogue)
        self.derived: dict[str, list[Row]] = {}
        for row in engine.select(self.collections["derived"].text({})):
            self.derived.setdefault(row["finding"], []).append(row)
        self.discrepancies: dict[str, list[Row]] = {}
        for row in engine.select(self.collections["discrepancies"].text({})):
            self.discrepancies.setdefault(row.pop("study"), []).append(row)
        self.made: dict[Place, Row] = {}

    def find(self, asked: Asked, kind: Sequence[Term] = (), whole: bool = False) -> Found:
        """The findings that are asked for, a page of them unless `whole`.

        `query` is the whole question in one piece, for pasting. It is asked in two: which findings, which is cheap, and
        what they say, which is made once for each of them, as a release never changes.
        """
        terms = self._terms(asked, kind)
        filters = self.collections["findings"].filters
        matching = self.collections["matching"].text(terms, filters)
        rows = self._rows([(row["finding"], row["asked"]) for row in self.engine.select(matching)])
        if asked.combination:
            wanted = {term.value for term in asked.terms["agent"]}
            rows = [row for row in rows if _combined(row["regimens"], wanted, asked.combination)]
        rows = self._by_basis(rows, asked.basis)
        rows.sort(key=_order)
        rows = in_order(rows, asked.sort)
        page = rows if whole else rows[asked.offset : asked.offset + asked.limit]
        return Found(page, len(rows), self.collections["findings"].text(terms))

    def _by_basis(self, rows: list[Row], basis: str) -> list[Row]:
        """What is printed, what follows from it, or both; a derived row says which finding it completes, and how."""
        derived = [
            {
                **row, "id": f"{row['id']}", "iri": more["derived"], "completes": row["iri"], "basis": "derived",
                "count": more["count"], "denominator": more["denominator"], "formula": more["formula"],
                "failures": more["denominator"] - more["count"] if row["has_failures"] else None,
                "label": f"{row['label']} (derived)",
            }
            for row in rows
            for more in self.derived.get(row["iri"], ())
        ]  # fmt: skip
        return {"stated": rows, "derived": derived, "any": [*rows, *derived]}[basis]

    def _rows(self, places: list[Place]) -> list[Row]:
        if len(self.made) > _MOST_ROWS:
            self.made.clear()
        missing: dict[str | None, list[str]] = {}
        for finding, alteration in places:
            if (finding, alteration) not in self.made:
                missing.setdefault(alteration, []).append(finding)
        for alteration, iris in missing.items():
            self._make(iris, alteration)
        return [self.made[place] for place in places]

    def _make(self, iris: list[str], alteration: str | None) -> None:
        terms: dict[str, Sequence[Term]] = {"finding": nodes(iris)}
        if alteration:
            terms["alteration"] = nodes([alteration])
        rows = list(self.engine.select(self.collections["findings"].text(terms)))
        own, proofs = self.regimens_of(iris, alteration), self._proofs(rows)
        everyone = self.regimens_of(iris, None) if alteration else own
        for row in rows:
            iri = row["finding"]
            self.made[_place(row)] = self._row(row, everyone[iri], own[iri], proofs[iri])

    def _terms(self, asked: Asked, kind: Sequence[Term]) -> dict[str, Sequence[Term]]:
        terms: dict[str, Sequence[Term]] = {"kind": kind} if kind else {}
        for name in _IN_ORDER:
            if name in asked.terms:
                # Of a mixed cohort, only what the patients with the alteration got is evidence on an agent.
                target = "agent_for_alteration" if name == "agent" and asked.alterations else name
                terms[target] = asked.terms[name]
        return terms

    def regimens_of(self, iris: list[str], alteration: str | None) -> dict[str, list[str]]:
        """The regimens behind findings; with an alteration, those that its patients got, where the source tells."""
        found: dict[str, list[str]] = {iri: [] for iri in iris}
        terms: dict[str, Sequence[Term]] = {"finding": nodes(iris)}
        terms |= {"alteration": nodes([alteration])} if alteration else {"any": ()}
        for row in self.engine.select(self.collections["regimens-of-findings"].text(terms)):
            found[row["finding"]].append(row["regimen"])
        return found

    def _proofs(self, rows: list[Row]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {row["finding"]: [] for row in rows}
        if rows:
            query = self.collections["proofs"].text({"finding": nodes(list(found))})
            for row in self.engine.select(query):
                found[row.pop("finding")].append(row)
        return found

    def _row(self, row: Row, regimens: list[str], own: list[str], quotes: list[Row]) -> Row:
        # The passage that says most is shown first; all of them are in `quotes`.
        main = max(quotes, key=lambda quote: (len(quote["quote"]), -quote["start"]))
        given = [self.regimens[iri] for iri in regimens]
        count, denominator = row["count"], row["denominator"]
        return {
            "id": short(row["finding"]).removeprefix("finding/"),
            "iri": row["finding"],
            "label": row["label"],
            "study": short(row["study"]).removeprefix("study/"),
            "study_label": row["study_label"],
            "reference": row["reference"],
            "cohort": short(row["cohort"]).removeprefix("cohort/"),
            "cohort_label": row["cohort_label"],
            **self.cohorts[row["cohort"]],
            "alteration_asked": short(row["asked"]).removeprefix("alteration/") if row["asked"] else None,
            "tier": row["tier"],
            "given": _given(given),
            "given_to_genotype": _given([self.regimens[iri] for iri in own]) if row["tier"] == "mixed" else None,
            "agents": list(dict.fromkeys(agent["agent"] for regimen in given for agent in regimen["agents"])),
            "agents_of_genotype": [agent["iri"] for iri in own for agent in self.regimens[iri]["agents"]],
            "regimen": _only(given),
            "regimens": given,
            "measure": short(row["measure"]).removeprefix("measure/"),
            "measure_label": row["measure_label"],
            "count": count,
            "denominator": denominator,
            "failures": denominator - count if _has_failures(row) and None not in (count, denominator) else None,
            "has_failures": _has_failures(row),
            **{name: row[name] for name in _PLAIN},
            **(_harm(row) if row["term"] else {}),
            "discrepancies": self.discrepancies.get(row["study"], []),
            "quote": main["quote"],
            "start": main["start"],
            "end": main["end"],
            "section": main["section"],
            "quotes": quotes,
        }


_PLAIN = ("percentage", "fraction", "extent", "value", "unit", "comparator", "statistic", "p_value", "timepoint",
          "attribution", "basis", "witness", "assessment_label", "note", "proof")  # fmt: skip


def _has_failures(row: Row) -> bool:
    """Whether those without the outcome are failures: not for a response category, nor for a part of the count."""
    return bool(row["favourable"] and row["kind_of"] in ("uptake", "eligibility") and not row["qualifier"])


def _given(regimens: list[Row]) -> str:
    return " or ".join(dict.fromkeys(regimen["given"] for regimen in regimens))


def _only(regimens: list[Row]) -> Row | None:
    """The regimen behind a finding, as the text tells it; None where it is one of several that are not told apart."""
    if len({regimen["given"] for regimen in regimens}) != 1:
        return None
    # An extension for responders comes without a dose of its own; the regimen that everybody got has one.
    return min(regimens, key=lambda regimen: (regimen["witness"] != "text", -_doses(regimen), regimen["iri"]))


def _doses(regimen: Row) -> int:
    return sum(agent["dose"] is not None for agent in regimen["agents"])


def _harm(row: Row) -> Row:
    """What only harms have; `patients` is the count under the name that tells it from events."""
    names = ("term_label", "grade", "grade_high", "events", "of_events", "percentage_of", "outcome")
    term = short(row["term"]).removeprefix("adverse-event-term/")
    return {"term": term, "patients": row["count"], **{name: row[name] for name in names}}


def _place(row: Row) -> Place:
    return row["finding"], row["asked"]


def _order(row: Row) -> tuple[int, int, str, str, str]:
    return _TIERS.get(row["tier"], 3), row["reference"], row["measure_label"], row["cohort_label"], row["iri"]


def _combined(regimens: list[Row], wanted: set[str], how: str) -> bool:
    sets = [{agent["iri"] for agent in regimen["agents"]} for regimen in regimens]
    # One of several regimens that are not told apart is no evidence on that regimen alone.
    return bool(sets) and (all(s == wanted for s in sets) if how == "exact" else any(wanted <= s for s in sets))


def _regimens(engine: Engine, catalogue: Catalogue) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in engine.select(catalogue.collections["regimens"].text({})):
        regimen = found.setdefault(row["regimen"], {
            "id": short(row["regimen"]).removeprefix("regimen/"), "iri": row["regimen"], "label": row["label"],
            "witness": row["witness"], "given": row["given"], "arrangement": row["arrangement"],
            "patients": row["patients"],
            "duration": row["duration"], "duration_unit": row["duration_unit"], "duration_low": row["duration_low"],
            "duration_high": row["duration_high"], "duration_plus_minus": row["duration_plus_minus"],
            "duration_statistic": row["duration_statistic"], "agents": [], "not_named": [],
        })  # fmt: skip
        dose = {name: row[name] for name in ("dose", "dose_unit", "frequency", "route")}
        if row["agent"]:
            agent = {
                "agent": short(row["agent"]).removeprefix("agent/"),
                "iri": row["agent"],
                "label": row["agent_label"],
            }
            regimen["agents"].append({**agent, **dose})
        else:
            regimen["not_named"].append({"mechanism": short(row["mechanism"]).removeprefix("mechanism/"), **dose})
    return found


def _cohorts(engine: Engine, catalogue: Catalogue) -> dict[str, Row]:
    found: dict[str, dict[str, dict[Any, None]]] = {}
    numbers: dict[str, Row] = {}
    for row in engine.select(catalogue.collections["cohorts"].text({})):
        sets = found.setdefault(row["cohort"], {"alteration": {}, "histology": {}, "members": {}})
        numbers[row["cohort"]] = {name: row[name] for name in ("enrolled", "treated", "evaluated")}
        for kind in ("alteration", "histology"):
            if row[kind]:
                sets[kind][row[kind].rsplit("/", 1)[-1]] = None
        who = tuple(
            row[name].rsplit("/", 1)[-1] if row[name] else None for name in ("member_alteration", "member_histology")
        )
        if any(who):
            sets["members"][*who, row["member_count"]] = None
    return {
        cohort: {
            "alteration": "; ".join(sets["alteration"]) or None,
            "histology": "; ".join(sets["histology"]) or None,
            "cohort_numbers": numbers[cohort],
            "composition": [{"alteration": a, "histology": h, "count": n} for a, h, n in sets["members"]],
        }
        for cohort, sets in found.items()
    }
