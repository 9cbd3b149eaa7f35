"""IRIs ↔ CURIEs, by the prefixes that our own mapping sets declare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

_OBO = "http://purl.obolibrary.org/obo/"
_OBO_ID = re.compile(r"purl\.obolibrary\.org/obo/([A-Za-z][A-Za-z0-9.]*)_([^/#]+)$")
# Other spellings of the same ids: NCIt as its publisher writes it, Orphanet as MONDO and EFO do, HGNC as
# identifiers.org resolves it.
_ALSO = (
    ("ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#", "NCIT"),
    ("www.orpha.net/ORDO/Orphanet_", "Orphanet"),
    ("identifiers.org/hgnc:", "HGNC"),
)
_ORPHANET = "http://www.orpha.net/ORDO/Orphanet_"
_NO_IRI = re.compile(r"""[\x00-\x20<>"{}|\\^`]|%(?![0-9A-Fa-f]{2})""")
_REMEMBERED = 1 << 16


class Prefixes:
    """A prefix map; http and https are one, and the case of a CURIE's prefix is that of the map."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self.namespaces = {"Orphanet": _ORPHANET, **namespaces}
        self._spelled = {prefix.casefold(): prefix for prefix in self.namespaces}
        known = [(_without_scheme(namespace), prefix) for prefix, namespace in self.namespaces.items()]
        self._known = sorted([*known, *_ALSO], key=lambda entry: (-len(entry[0]), entry))
        # An ontology names the same id in many lines, mostly near each other.
        self.curie = lru_cache(_REMEMBERED)(self._curie)

    def spelled(self, prefix: str) -> str:
        """The prefix as our mapping sets write it; an unknown one as it is."""
        return self._spelled.get(prefix.casefold(), prefix)

    def _curie(self, name: str) -> str:
        """The CURIE of an IRI, or of a CURIE in another spelling; an IRI that no prefix fits is given back as it is."""
        if "://" not in name:
            prefix, colon, local = name.partition(":")
            return f"{self.spelled(prefix)}:{local}" if colon else name
        bare = _without_scheme(name)
        for namespace, prefix in self._known:
            if bare.startswith(namespace) and len(bare) > len(namespace):
                return f"{prefix}:{bare[len(namespace) :]}"
        obo = _OBO_ID.match(bare)
        return f"{self.spelled(obo[1])}:{obo[2]}" if obo else name

    def iri(self, curie: str) -> str:
        """The IRI of a CURIE; that of an unknown prefix is an OBO PURL, as the OBO format defines it."""
        prefix, _, local = curie.partition(":")
        start = "" if "://" in curie else self.namespaces.get(prefix, f"{_OBO}{prefix}_")
        return _NO_IRI.sub(lambda sign: quote(sign[0], safe=""), start + local if start else curie)


def prefix_of(curie: str) -> str:
    """The prefix of a CURIE; empty for an IRI or a bare name."""
    prefix, colon, _ = curie.partition(":")
    return prefix if colon and "://" not in curie else ""


def _without_scheme(iri: str) -> str:
    return iri.partition("://")[2]
