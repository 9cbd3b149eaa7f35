"""The IRIs by which ontologies in OWL and in OBO Graphs say what `Field` lists."""

from __future__ import annotations

from avidity_loaders.link.terms import Field
from avidity_loaders.names import DCTERMS, OBO, RDFS_LABEL, SKOS

OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_OIO = "http://www.geneontology.org/formats/oboInOwl#"
_NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#"

SYNONYM_SCOPES = {
    "hasExactSynonym": Field.EXACT,
    "hasBroadSynonym": Field.BROAD,
    "hasNarrowSynonym": Field.NARROW,
    "hasRelatedSynonym": Field.RELATED,
}
# Values are names (texts) or other terms (links). P90 is NCIt's full synonym, P108 its preferred name.
TEXTS = {
    RDFS_LABEL: Field.LABEL,
    **{_OIO + name: field for name, field in SYNONYM_SCOPES.items()},
    _NCIT + "P90": Field.EXACT,
    _NCIT + "P108": Field.EXACT,
    OBO + "NCIT_P90": Field.EXACT,
    OBO + "NCIT_P108": Field.EXACT,
    "http://www.ebi.ac.uk/efo/alternative_term": Field.EXACT,
    OBO + "IAO_0000118": Field.RELATED,
    SKOS + "altLabel": Field.RELATED,
}
LINKS = {
    OBO + "IAO_0100001": Field.REPLACED_BY,
    _OIO + "consider": Field.CONSIDER,
    _OIO + "hasAlternativeId": Field.ALTERNATIVE,
}
# NCIt's concept status, where its own edition has no owl:deprecated.
STATUS = frozenset({_NCIT + "P310", OBO + "NCIT_P310"})
RETIRED = frozenset({"Retired_Concept", "Obsolete_Concept"})
HEADER = {
    OWL + "versionIRI": Field.VERSION_IRI,
    OWL + "versionInfo": Field.VERSION,
    OWL + "imports": Field.IMPORT,
    DCTERMS + "license": Field.LICENCE,
}
