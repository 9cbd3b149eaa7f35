"""`pool` and `map`: the filters of REST as options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

_OF_FINDINGS = ("measure", "agent", "mechanism", "alteration", "gene", "histology", "study", "design", "basis", "match",
                "combination")  # fmt: skip
_HELP = {
    "measure": "The outcome, such as uptake-restored.",
    "match": "How exactly cohorts have the genotype: exact, pooled, mixed, any.",
    "basis": "stated (printed), derived, or any.",
    "by": "A group for each alteration, agent, mechanism, study, design, histology or adverse-event, or all in one.",
    "interval": "wilson or clopper-pearson.",
    "definition": "How uptake was judged: diagnostic-scan, post-therapeutic-scan, not-stated.",
    "population": "Of whom: treated, chosen, case.",
    "timepoint": "When a response was judged, such as 6-months.",
    "rows": "agent, mechanism or regimen.",
    "columns": "alteration, gene or histology.",
}
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["table", "json", "csv", "tsv"]), default="table", show_default=True
)
_RELEASE = click.option("--release", type=click.Path(path_type=Path), help="The release folder (AVIDITY_RELEASE).")


def _filters(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Options of which each may be given several times."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for name in reversed(names):
            command = click.option(f"--{name}", name, multiple=True, help=_HELP.get(name))(command)
        return command

    return add


@click.command()
@_filters(*_OF_FINDINGS, "by", "interval", "definition", "population", "timepoint")
@click.option("--allow-unlike", is_flag=True, help="Pool unlike results too, and say in what they are unlike.")
@_FORMAT
@_RELEASE
def pool(format_: str, release: Path | None, allow_unlike: bool, **filters: tuple[str, ...]) -> None:
    """Pool proportions over studies, like with like: avidity pool --measure uptake-restored --alteration BRAF."""
    from avidity_service.cli import pooling

    arguments = {name: list(values) for name, values in filters.items() if values}
    pooling.pool(arguments | ({"allow_unlike": ["true"]} if allow_unlike else {}), format_, release)


@click.command("map")
@_filters("measure", "agent", "mechanism", "alteration", "gene", "histology", "study", "design", "rows", "columns")
@_FORMAT
@_RELEASE
def map_(format_: str, release: Path | None, **filters: tuple[str, ...]) -> None:
    """Map what was given × for whom: reported, not reported, or no study."""
    from avidity_service.cli import mapping

    mapping.map_evidence({name: list(values) for name, values in filters.items() if values}, format_, release)
