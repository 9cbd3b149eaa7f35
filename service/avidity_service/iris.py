"""The IRIs that the service has to know by name."""

BASE = "https://w3id.org/avidity/"
AV = BASE + "ontology#"
GRAPH = BASE + "graph/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
OWL = "http://www.w3.org/2002/07/owl#"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
DCTERMS = "http://purl.org/dc/terms/"
SH = "http://www.w3.org/ns/shacl#"
SD = "http://www.w3.org/ns/sparql-service-description#"
FORMATS = "http://www.w3.org/ns/formats/"
OBO = "http://purl.obolibrary.org/obo/"

# Kinds of things with prefixes of their own.
KINDS = ("adverse-event-term", "agent", "alteration", "case", "cohort", "concept", "criterion", "definition",
         "derived-finding", "discrepancy", "dosing-frequency", "finding", "gene", "harm-rate", "histology",
         "imaging-method", "measure", "mechanism", "open-question", "pathway", "process", "protein", "question",
         "radionuclide", "regimen", "relation", "route", "severity-grade", "source", "statement", "statistic",
         "stimulation", "study", "study-design", "table-row", "unit", "vocabulary")  # fmt: skip

# Those that a release declares; a test holds them together.
PREFIXES = {
    "av": AV,
    **{kind: f"{BASE}{kind}/" for kind in KINDS},
    "graph": GRAPH,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
    "owl": OWL,
    "prov": PROV,
    "oa": OA,
    "dcterms": DCTERMS,
    "obo": OBO,
    "sh": SH,
    "sssom": "https://w3id.org/sssom/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "void": "http://rdfs.org/ns/void#",
    "void-ext": "http://ldf.fi/void-ext#",
    "vann": "http://purl.org/vocab/vann/",
}
