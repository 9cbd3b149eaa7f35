"""Quantities as nodes of their own, and in words."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.claims.records import Quantity
from avidity_loaders.convert.triples import Triples
from avidity_loaders.names import BASE

_QUANTITY_PROPERTY = {
    "dose": "hasDose",
    "duration": "hasDuration",
    "activity": "hasActivity",
    "threshold-dose": "thresholdDose",
    "threshold-activity": "thresholdActivity",
    "threshold-lesion": "thresholdLesion",
    "value": "hasValue",
}


def add_quantity(triples: Triples, subject: ox.NamedNode, name: str, quantity: Quantity | None) -> None:
    """A quantity as a node of its own: `<subject>/<name>`, reached by `av:<property>`."""
    if quantity is None:
        return
    node = ox.NamedNode(f"{subject.value}/{name}".replace(BASE, BASE + "quantity/", 1))
    triples.describe(node, "Quantity", quantity_label(quantity))
    for field, property_ in (("value",) * 2, ("low",) * 2, ("high",) * 2, ("plus_minus", "plusMinus")):
        triples.add(node, property_, getattr(quantity, field))
    triples.add(node, "unit", quantity.unit)
    triples.add(node, "comparator", quantity.comparator)
    triples.add(node, "statistic", quantity.statistic)
    triples.add(subject, _QUANTITY_PROPERTY[name], node)


def quantity_label(quantity: Quantity) -> str:
    """A quantity in words: '≥20 Gy', 'median 14.4 (0.9–76.4) month', '21 ± 3 day'."""
    value = "" if quantity.value is None else f"{quantity.value.normalize():f}"
    text = f"{quantity.comparator or ''}{value}"
    if quantity.low is not None or quantity.high is not None:
        ends = "–".join(f"{end.normalize():f}" for end in (quantity.low, quantity.high) if end is not None)
        text += f" ({ends})" if value else ends
    if quantity.plus_minus is not None:
        text += f" ± {quantity.plus_minus.normalize():f}"
    return " ".join(part for part in (quantity.statistic, text.strip(), quantity.unit) if part)
