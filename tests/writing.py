"""Ontologies written out for tests, in the formats that `avidity link` reads; written by nothing that reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

from avidity_loaders.link.terms import Term

OBO = "http://purl.obolibrary.org/obo/"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
RDF_OPEN = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:owl="http://www.w3.org/2002/07/owl#" '
    f'xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:obo="{OBO}" xmlns:oio="{OIO}">\n'
)
MONDO = f'<owl:Ontology rdf:about="{OBO}mondo.owl"/>\n'


def iri(curie: str) -> str:
    return OBO + curie.replace(":", "_")


def _bare(text: str) -> str:
    for sign in "\\{}!":
        text = text.replace(sign, "\\" + sign)
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def obo(terms: Iterable[Term]) -> str:
    out = ["format-version: 1.4", "ontology: mondo"]
    for term in terms:
        out += ["", "[Term]", f"id: {term.curie}"]
        out += [f"name: {_bare(term.label)}"] if term.label is not None else []
        out += [f"alt_id: {other}" for other in term.alternatives]
        out += [f"synonym: {_quoted(synonym.text)} {synonym.scope.upper()} []" for synonym in term.synonyms]
        out += [f"is_a: {other}" for other in term.parents]
        out += ["is_obsolete: true"] if term.obsolete else []
        out += [f"replaced_by: {other}" for other in term.replaced_by]
        out += [f"consider: {other}" for other in term.consider]
    return "\n".join(out) + "\n"


def rdf_xml(terms: Iterable[Term]) -> str:
    out = ['<?xml version="1.0"?>\n', RDF_OPEN, MONDO]
    for term in terms:
        out.append(f'<owl:Class rdf:about="{iri(term.curie)}">\n')
        out += [f"<rdfs:label>{escape(term.label)}</rdfs:label>\n"] if term.label is not None else []
        out += [f"<oio:hasAlternativeId>{other}</oio:hasAlternativeId>\n" for other in term.alternatives]
        for synonym in term.synonyms:
            tag = f"oio:has{synonym.scope.capitalize()}Synonym"
            out.append(f"<{tag}>{escape(synonym.text)}</{tag}>\n")
        out += [f'<rdfs:subClassOf rdf:resource="{iri(other)}"/>\n' for other in term.parents]
        out += ["<owl:deprecated>true</owl:deprecated>\n"] if term.obsolete else []
        out += [f'<obo:IAO_0100001 rdf:resource="{iri(other)}"/>\n' for other in term.replaced_by]
        out += [f"<oio:consider>{other}</oio:consider>\n" for other in term.consider]
        out.append("</owl:Class>\n")
    return "".join([*out, "</rdf:RDF>\n"])


def graphs(terms: Sequence[Term]) -> str:
    edges = [{"sub": iri(term.curie), "pred": "is_a", "obj": iri(parent)} for term in terms for parent in term.parents]
    return json.dumps({"graphs": [{"id": OBO + "mondo.owl", "nodes": [_node(term) for term in terms], "edges": edges}]})


def _node(term: Term) -> dict[str, object]:
    values = [
        {"pred": predicate, "val": other}
        for predicate, others in (
            (OBO + "IAO_0100001", term.replaced_by),
            (OIO + "consider", term.consider),
            (OIO + "hasAlternativeId", term.alternatives),
        )
        for other in others
    ]
    synonyms = [{"pred": f"has{each.scope.capitalize()}Synonym", "val": each.text} for each in term.synonyms]
    meta = {"synonyms": synonyms, "basicPropertyValues": values, "deprecated": term.obsolete}
    label = {} if term.label is None else {"lbl": term.label}
    return {"id": iri(term.curie), "type": "CLASS", **label, "meta": meta}


WRITERS: dict[str, Callable[[Sequence[Term]], str]] = {"obo": obo, "owl": rdf_xml, "json": graphs}
