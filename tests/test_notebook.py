"""The notebook runs, and what is printed in it is what comes out."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from avidity_loaders import places
from avidity_service import client
from avidity_service.client import Client, in_process
from avidity_service.forest import forest_plot
from flask import Flask

NOTEBOOKS = sorted((places.CHECKOUT / "docs" / "notebooks").glob("*.ipynb"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def service(app: Flask) -> Client:
    return in_process(app)


def run(source: str, names: dict[str, Any]) -> tuple[str, Any]:
    """What a cell prints, and its last expression's value."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return printed.getvalue(), value


def test_there_is_one() -> None:
    assert len(NOTEBOOKS) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_prints_what_is_in_it(path: Any, service: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "connect", lambda *_: service)
    names: dict[str, Any] = {}
    compared = 0
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed, value = run("".join(cell["source"]), names)
        stored = "".join("".join(output.get("text", ())) for output in cell["outputs"])
        assert printed == stored
        for output in cell["outputs"]:
            if "data" in output:
                assert value._repr_svg_() == "".join(output["data"]["image/svg+xml"])
        compared += len(cell["outputs"])
    assert compared == 8


def test_the_forest_plot_shows_each_study_and_pools_only_what_is_pooled(service: Client) -> None:
    asked = {"alteration": "BRAF", "match": "exact", "definition": "diagnostic-scan"}
    [group] = service.synthesis("uptake-restored", **asked)
    picture = ET.fromstring(forest_plot(group))
    texts = [text.text or "" for text in picture.iter(SVG + "text")]
    assert len(list(picture.iter(SVG + "rect"))) == len(group["rows"]) == 4
    for row in group["rows"]:
        assert row["study_label"] in texts
        assert any(text.startswith(f"{row['count']}/{row['denominator']}, ") for text in texts)
    assert len(list(picture.iter(SVG + "path"))) == 1
    assert "Ho et al. 2013 4 of 9" in (picture.findtext(SVG + "title") or "")
    alone = {**group, "pooled": None}
    assert not list(ET.fromstring(forest_plot(alone)).iter(SVG + "path"))


def test_hostile_labels_are_text_in_the_picture(service: Client) -> None:
    [group] = service.synthesis("uptake-restored", alteration="BRAF", match="exact", definition="diagnostic-scan")
    hostile = {**group, "label": "<script>", "rows": [{**group["rows"][0], "study_label": '<b onload="x">&'}]}
    texts = [text.text for text in ET.fromstring(forest_plot(hostile)).iter(SVG + "text")]
    assert '<b onload="x">&' in texts
