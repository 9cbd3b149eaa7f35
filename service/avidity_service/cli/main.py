"""The commands. Data goes to standard output, progress and words to standard error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from avidity_service.cli.evidence import map_, pool
from avidity_service.cli.exits import EXIT_NOT_FOUND, EXIT_QUERY, EXIT_USAGE, fail
from avidity_service.cli.flags import serving_flags
from avidity_service.errors import (
    QueryError,
    ReleaseError,
    ServiceError,
    SettingsError,
    UnknownThing,
    UnknownValue,
)


class _Commands(click.Group):
    """A group that turns our exceptions into words and exit codes."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (UnknownThing, ReleaseError) as error:
            fail(str(error), EXIT_NOT_FOUND)
        except UnknownValue as error:
            fail(
                f"{error}\nallowed: {', '.join(error.allowed[:60])}",
                EXIT_NOT_FOUND if error.value else EXIT_USAGE,
            )
        except QueryError as error:
            fail(
                "\n".join([str(error), str(error.extra.get("caret", "")), str(error.extra.get("hint", ""))]).strip(),
                EXIT_QUERY,
            )
        except SettingsError as error:
            fail(str(error), EXIT_USAGE)
        except ServiceError as error:
            fail(str(error), 1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="avidity")
def main() -> None:
    """The evidence on making thyroid cancer take up iodine again, as a graph you can ask."""


def _folders(command: Callable[..., None]) -> Callable[..., None]:
    """Options for other data folders than those that came with the installation."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    for name in ("seeds", "queries", "ontology"):
        command = click.option(f"--{name}", type=folder, help=f"Another {name} folder.")(command)
    return command


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The release folder (default: where serve looks).",
)
@click.option(
    "--store/--no-store",
    "with_store",
    default=None,
    help="Add the dataset as a store on disk, so that a service answers before it has loaded it (default: if large).",
)
@_folders
def build(out: Path | None, with_store: bool | None, **folders: Path | None) -> None:
    """Make the release: read, prove, convert, infer, check, write."""
    from avidity_service.cli import building

    building.build(out, folders, with_store=with_store)


@main.command()
@click.option("--only", help="One check only; without it, all.")
@_folders
def check(only: str | None, **folders: Path | None) -> None:
    """Check seeds, ontology and questions without writing anything."""
    from avidity_service.cli import building

    building.check(only, folders)


_RELEASE = click.option("--release", type=click.Path(path_type=Path), help="The release folder (AVIDITY_RELEASE).")


@main.command()
@_RELEASE
@serving_flags
@click.option("--open", "open_browser", is_flag=True, help="Open the home page in a browser.")
def serve(release: Path | None, open_browser: bool, **values: Any) -> None:
    """Serve a release, read-only: SPARQL, REST and pages."""
    from avidity_service.cli.opening import open_for_reading
    from avidity_service.server import run
    from avidity_service.settings import Settings

    settings = Settings.from_environment().with_values(**values)
    opened = open_for_reading(release, settings)
    if open_browser:
        import threading
        import webbrowser

        threading.Timer(1.0, webbrowser.open, [f"http://{settings.host}:{settings.port}/"]).start()
    run(opened, settings)


@main.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", "kinds", multiple=True, help="Only hits of this kind.")
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True, help="Most hits.")
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "csv", "tsv"]), default="table", show_default=True
)
@_RELEASE
def search(words: tuple[str, ...], kinds: tuple[str, ...], limit: int, format_: str, release: Path | None) -> None:
    """Find things and sentences by words: avidity search NRAS uptake."""
    from avidity_service.cli import searching

    searching.search(" ".join(words), kinds, limit, format_, release)


@main.command()
@click.option("--pid-file", type=click.Path(path_type=Path), help="The file of the service (AVIDITY_PID_FILE).")
@click.option("--port", type=int, help="Without a file: the port that it listens on (AVIDITY_PORT, 8000).")
@click.option("--timeout-s", type=float, default=300, show_default=True, help="Seconds to wait for the outcome.")
def reload(pid_file: Path | None, port: int | None, timeout_s: float) -> None:
    """Have a running service take the release that is in its folder now, without a pause."""
    from avidity_service.cli import reloading

    reloading.reload(pid_file, port, timeout_s)


_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "tsv", "ttl"]),
    default="table",
    show_default=True,
)


@main.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("question", required=False)
@_FORMAT
@_RELEASE
@click.pass_context
def ask(context: click.Context, question: str | None, format_: str, release: Path | None) -> None:
    """Ask a competency question: avidity ask agents-for-genotype --alteration NRAS. Without a name, list them."""
    from avidity_service.cli import asking

    asking.ask(question, asking.options(context.args), format_, release)


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@_FORMAT
@_RELEASE
@click.option("--endpoint", help="Ask this SPARQL endpoint and not the release.")
def query(file: Any, format_: str, release: Path | None, endpoint: str | None) -> None:
    """Run SPARQL from FILE (- for standard input)."""
    from avidity_service.cli import asking

    asking.query(file.read(), format_, release, endpoint)


@main.command()
@click.argument("name")
@click.option("--format", "format_", type=click.Choice(["text", "json", "ttl"]), default="text", show_default=True)
@_RELEASE
def show(name: str, format_: str, release: Path | None) -> None:
    """Show a thing with its facts and quotes: a slug, kind/slug, label or CURIE."""
    from avidity_service.cli import showing

    showing.show(name, format_, release)


@main.command()
@click.option(
    "--ontology",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Your copy of an ontology: OBO, OWL (RDF/XML, Turtle) or OBO Graphs JSON, also gzipped.",
)
@click.option("--prefix", "prefixes", multiple=True, help="Judge these links, not those that the file's IRI tells.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "sssom"]),
    default="table",
    show_default=True,
    help="A table shows what is not ok, json and csv show all, sssom proposes rows with replacements.",
)
@click.option("--add", is_flag=True, help="Write a release that also holds the linked terms and all above them.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="With --add: where to write it.")
@_RELEASE
@click.option(
    "--mappings",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another folder of mapping sets (*.sssom.tsv).",
)
@click.option(
    "--max-gb", type=click.FloatRange(min=0, min_open=True), default=8, show_default=True,
    help="Refuse a file of more gigabytes when decompressed.",
)  # fmt: skip
def link(
    ontology: Path, prefixes: tuple[str, ...], format_: str, max_gb: float, mappings: Path | None, **add: Any
) -> None:
    """Hold the links to other vocabularies against your copy of one: which are wrong, moved or obsolete."""
    from avidity_service.cli import linking

    linking.link(ontology, prefixes, format_, int(max_gb * 2**30), mappings, linking.Addition(**add))


@main.command()
@click.option("--http", is_flag=True, help="Streamable HTTP at /mcp; without it, standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: the address to listen on.")
@click.option("--port", type=int, default=8001, show_default=True, help="With --http: the port.")
@click.option("--endpoint", help="Ask the service at this address and not a release.")
@_RELEASE
def mcp(http: bool, host: str, port: int, endpoint: str | None, release: Path | None) -> None:
    """Serve the Model Context Protocol, read-only (needs the extra: pip install 'avidity[mcp]')."""
    from avidity_service.cli import mcp as door

    door.run(endpoint or release, http=http, host=host, port=port)


@main.command()
@click.option("--to", required=True, help="Where the store takes graphs (Graph Store Protocol), or updates.")
@click.option("--query", help="Its query endpoint; by default AVIDITY_STORE_URL, or what usually lies beside --to.")
@click.option(
    "--by",
    type=click.Choice(["graphs", "updates"]),
    default="graphs",
    show_default=True,
    help="Graph Store Protocol, or SPARQL updates where the store has no such thing.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be written and removed; send nothing.")
@_RELEASE
def publish(to: str, query: str | None, by: str, dry_run: bool, release: Path | None) -> None:
    """Upload a release into a SPARQL store: graph by graph, counted afterwards, and named last.

    User and password, or a header, come from AVIDITY_STORE_USER and AVIDITY_STORE_PASSWORD, or AVIDITY_STORE_HEADER.
    """
    from avidity_service.cli import publishing

    publishing.publish(release, to, query, by, dry_run=dry_run)


main.add_command(pool)
main.add_command(map_)
