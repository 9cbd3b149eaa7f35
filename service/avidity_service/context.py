"""What a request needs to know, as one value."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from flask import current_app

from avidity_service.about import About, read_about
from avidity_service.catalogue import Catalogue
from avidity_service.core import Core
from avidity_service.evidence_map.drawn import Maps
from avidity_service.evidence_map.studied import Studied, read_studied
from avidity_service.examples.asked import Examples, read_examples
from avidity_service.links import Links
from avidity_service.names import Names
from avidity_service.pages.evidence.contradictions import everything
from avidity_service.pages.evidence.reading import Section, laid_out
from avidity_service.rest.findings import Findings
from avidity_service.rest.things import Things
from avidity_service.synthesis.facts import Facts, read_facts

KEY = "avidity"


class Context(Core):
    """The release that is served, and the ways to ask it.

    What is read from the dataset is read when it is first asked for; `read_all` does not wait for that. Two who ask
    first at the same time may both read it, and read the same.
    """

    def read_all(self) -> None:
        """Read what most requests need."""
        assert all(found is not None for found in (self.names, self.catalogue, self.findings, self.things, self.links))

    def read_more(self) -> None:
        """Read what pages need besides, so that the first who opens one does not wait for it."""
        assert all(found is not None for found in (self.facts, self.studied, self.about, self.examples))
        assert self.maps.outcomes is not None

    @cached_property
    def names(self) -> Names:
        """What things are called."""
        return Names(self.engine)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The questions."""
        return Catalogue(self.engine)

    @cached_property
    def findings(self) -> Findings:
        """Findings by filters."""
        return Findings(self.engine, self.catalogue)

    @cached_property
    def things(self) -> Things:
        """Things by kind and slug."""
        return Things(self.engine, self.names)

    @cached_property
    def links(self) -> Links:
        """Links to outside terms."""
        return Links(self.engine, self.catalogue)

    @cached_property
    def about(self) -> About:
        """What the source is, and what it lacks."""
        return read_about(self.things)

    @cached_property
    def facts(self) -> Facts:
        """What must agree before results are pooled."""
        return read_facts(self.engine, self.catalogue)

    @cached_property
    def studied(self) -> Studied:
        """Who was looked at, and what they were given."""
        return read_studied(self.engine, self.catalogue, self.findings)

    @cached_property
    def maps(self) -> Maps:
        """Evidence maps, drawn when they are asked for."""
        return Maps(self.findings, self.facts, self.studied, self.names)

    @cached_property
    def contradictions(self) -> tuple[dict[str, Any], ...]:
        """The contradictions and gaps, each with its sides and their sentences."""
        return everything(self.things, self.release.source)

    @cached_property
    def sections(self) -> list[Section]:
        """The source's text laid out for reading."""
        return laid_out(self.release.source)

    @cached_property
    def examples(self) -> Examples:
        """The questions with their examples and what the answers rest on."""
        return read_examples(self.engine, self.catalogue, self.names, self.findings, self.facts)


def context() -> Context:
    """The context of the running application."""
    found = current_app.extensions[KEY]
    assert isinstance(found, Context)
    return found
