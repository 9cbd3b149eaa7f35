"""Agents with the findings that speak for them."""

from __future__ import annotations

from typing import Any

from avidity_service.iris import AV
from avidity_service.rest.filters import Asked
from avidity_service.rest.findings import Findings, Found
from avidity_service.rest.things import Things


def agents_with_responders(
    asked: Asked, findings: Findings, things: Things
) -> tuple[list[dict[str, Any]], Found, list[Any]]:
    """Agents with at least one responder among the findings asked for; each with those findings, nearest tier first.

    A failed patient's number is in the findings; an agent that only failed is in the findings collection.

    The third value holds findings with responders whose source names no agent: they would otherwise be lost.
    """
    found = findings.find(asked, whole=True)
    wanted = _wanted(asked, things)
    by_agent: dict[str, list[dict[str, Any]]] = {}
    unnamed = []
    for row in found.rows:
        if not _has_responders(row):
            continue
        # Of a mixed cohort, only what the patients with the alteration got is listed; n/N stays that of everyone.
        agents = set(row["agents_of_genotype"])
        if not agents:
            unnamed.append(row)
        for iri in agents if wanted is None else agents & wanted:
            by_agent.setdefault(iri, []).append({"agent_role": _role(iri, row), **row})
    data = [{**agent_record(iri, things), "findings": rows} for iri, rows in by_agent.items()]
    data.sort(key=lambda agent: (_best(agent["findings"]), agent["label"]))
    return data, found, unnamed


def agent_record(iri: str, things: Things) -> dict[str, Any]:
    """An agent's id, label, mechanisms and inferred classes."""
    record = things.record(iri)
    return {
        "id": record["id"],
        "iri": iri,
        "label": record["label"],
        "mechanisms": [value["id"] for value in record["properties"].get("hasMechanism", [])],
        "classes": sorted(name for name in record["types"] if name != AV + "Agent"),
    }


def _role(agent: str, row: dict[str, Any]) -> str:
    """How the agent was given: alone, in a combination, or as one of several that are not told apart."""
    sets = [{part["iri"] for part in regimen["agents"]} for regimen in row["regimens"]]
    named = [agents for agents in sets if agents]
    if all(agents == {agent} for agents in named) and len(named) == len(sets):
        return "alone"
    together = all(agent in agents for agents in sets) and "and/or" not in row["given"]
    return "combination" if together and len({frozenset(agents) for agents in sets}) == 1 else "one of several"


def _wanted(asked: Asked, things: Things) -> set[str] | None:
    """The agents that may be listed: those asked for, or those with the mechanism asked for; None for all.

    A finding after two agents together is found by either's mechanism; that does not give the one the other's.
    """
    if "agent" in asked.terms:
        return {term.value for term in asked.terms["agent"]}
    if "mechanism" not in asked.terms:
        return None
    mechanisms = {term.value for term in asked.terms["mechanism"]}
    return {iri for iri in things.members("agent") if things.mechanisms_of(iri) & mechanisms}


def _has_responders(row: dict[str, Any]) -> bool:
    numbers = [row["count"], row["percentage"]]
    if any(number is not None for number in numbers):
        return any(number is not None and number > 0 for number in numbers)
    return row["fraction"] is not None or row["extent"] not in (None, "none")


def _best(rows: list[dict[str, Any]]) -> int:
    order = {"exact": 0, "pooled": 1, "mixed": 2}
    return min(order.get(row["tier"], 3) for row in rows)
