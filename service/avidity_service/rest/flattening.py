"""Rows for tables: lists and nested records in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avidity_service.engine import text

Row = dict[str, Any]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a table: lists and nested records in words."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("quotes", "agents_of_genotype", "has_failures"):
            continue
        if name == "regimen" and not isinstance(value, str):
            out |= _in_words(value)
        elif name == "regimens" and isinstance(value, list):
            out["regimens"] = "; ".join(regimen["label"] for regimen in value)
        elif name == "composition" and isinstance(value, list):
            out[name] = "; ".join(
                f"{m['alteration'] or m['histology']}: {'?' if m['count'] is None else m['count']}" for m in value
            )
        elif name == "discrepancies" and isinstance(value, list):
            out[name] = "; ".join(one["label"] for one in value)
        elif name == "cohort_numbers":
            out |= {f"cohort_{key}": number for key, number in value.items()}
        elif isinstance(value, list):
            out[name] = "; ".join(str(part) for part in value)
        else:
            out[name] = value
    return out


def _in_words(regimen: Row | None) -> Row:
    """Dose, frequency and duration of a regimen for a table."""
    agents = regimen["agents"] if regimen else []
    doses = [f"{a['label']} {text(a['dose'])} {a['dose_unit']}" for a in agents if a["dose"] is not None]
    often = [f"{a['label']} {a['frequency']}" for a in agents if a["frequency"]]
    lasted = regimen is not None and regimen["duration"] is not None
    return {
        "regimen": regimen["label"] if regimen else None,
        "dose": "; ".join(doses) or None,
        "frequency": "; ".join(often) or None,
        "duration": f"{text(regimen['duration'])} {regimen['duration_unit']}" if regimen and lasted else None,
    }
