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

PREFIXES = {
    "av": AV,
    "agent": BASE + "agent/",
    "alteration": BASE + "alteration/",
    "cohort": BASE + "cohort/",
    "finding": BASE + "finding/",
    "gene": BASE + "gene/",
    "histology": BASE + "histology/",
    "measure": BASE + "measure/",
    "mechanism": BASE + "mechanism/",
    "regimen": BASE + "regimen/",
    "study": BASE + "study/",
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
}
