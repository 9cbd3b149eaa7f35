"""Quantities as nodes of their own, and in words."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.claims.records import Quantity
from avidity_loaders.names import BASE
from avidity_loaders.triples import Triples
from avidity_loaders.units import daily, normalised
from avidity_loaders.vocabulary import Vocabulary

_QUANTITY_PROPERTY = {
    "dose": "hasDose",
    "duration": "hasDuration",
    "stopped-after-radioiodine": "stoppedAfterRadioiodine",
    "activity": "hasActivity",
    "threshold-dose": "thresholdDose",
    "threshold-activity": "thresholdActivity",
    "threshold-lesion": "thresholdLesion",
    "value": "hasValue",
    "cutoff": "cutoff",
    "threshold": "threshold",
    "time": "hasTime",
    "marker-from": "markerFrom",
    "marker-to": "markerTo",
    "percentage": "hasValue",
}


def add_quantity(
    triples: Triples, subject: ox.NamedNode, name: str, quantity: Quantity | None, vocabulary: Vocabulary
) -> None:
    """A quantity as a node of its own: `<subject>/<name>`, reached by `av:<property>`."""
    if quantity is None:
        return
    node = ox.NamedNode(f"{subject.value}/{name}".replace(BASE, BASE + "quantity/", 1))
    triples.describe(node, "Quantity", quantity_label(quantity))
    for field, property_ in (("value",) * 2, ("low",) * 2, ("high",) * 2, ("plus_minus", "plusMinus")):
        triples.add(node, property_, getattr(quantity, field))
    add_unit(triples, node, "unit", quantity.unit, vocabulary)
    triples.add(node, "comparator", quantity.comparator)
    triples.add(node, "statistic", quantity.statistic)
    triples.add(node, "usesStatistic", vocabulary.labelled("statistic", quantity.statistic))
    triples.add(node, "approximate", quantity.approximate or None)
    for field, property_ in (("value", "normalisedValue"), ("low", "normalisedLow"), ("high", "normalisedHigh")):
        stated = getattr(quantity, field)
        normal = None if stated is None else normalised(stated, quantity.unit)
        if normal is not None:
            triples.add(node, property_, normal.value)
            add_unit(triples, node, "normalisedUnit", normal.unit, vocabulary)
    triples.add(subject, _QUANTITY_PROPERTY[name], node)


def add_daily_dose(
    triples: Triples, subject: ox.NamedNode, dose: Quantity | None, frequency: str | None, vocabulary: Vocabulary
) -> None:
    """The dose of a day as a quantity of its own, where the frequency allows."""
    if dose is None or dose.value is None:
        return
    value = daily(dose.value, frequency)
    if value is None:
        return
    node = ox.NamedNode(f"{subject.value}/daily-dose".replace(BASE, BASE + "quantity/", 1))
    triples.describe(node, "Quantity", f"{value:f} {dose.unit}/day")
    triples.add(node, "value", value)
    add_unit(triples, node, "unit", f"{dose.unit}/day", vocabulary)
    triples.add(node, "formula", f"{dose.value.normalize():f} {dose.unit}, {frequency}")
    triples.add(subject, "dailyDose", node)


def add_unit(triples: Triples, node: ox.NamedNode, name: str, unit: str, vocabulary: Vocabulary) -> None:
    """A unit as the source writes it, and as the thing that is linked to other vocabularies."""
    triples.add(node, name, unit)
    triples.add(node, {"unit": "inUnit", "normalisedUnit": "normalisedInUnit"}[name], vocabulary.labelled("unit", unit))


def quantity_label(quantity: Quantity) -> str:
    """A quantity in words: '≥20 Gy', 'median 14.4 (0.9–76.4) month', '21 ± 3 day'."""
    value = "" if quantity.value is None else f"{quantity.value.normalize():f}"
    text = f"{quantity.comparator or ''}{value}"
    if quantity.low is not None or quantity.high is not None:
        ends = "–".join(f"{end.normalize():f}" for end in (quantity.low, quantity.high) if end is not None)
        text += f" ({ends})" if value else ends
    if quantity.plus_minus is not None:
        text += f" ± {quantity.plus_minus.normalize():f}"
    about = "about" if quantity.approximate else None
    return " ".join(part for part in (about, quantity.statistic, text.strip(), quantity.unit) if part)
