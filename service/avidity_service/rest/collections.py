"""The collections of REST: which kind of thing each holds."""

# Collections that are plain lists of things; the path is the plural of the kind.
LISTS = {
    "alterations": "alteration", "mechanisms": "mechanism", "studies": "study", "cohorts": "cohort",
    "regimens": "regimen", "measures": "measure", "genes": "gene",
    "histologies": "histology", "statements": "statement",
    "adverse-event-terms": "adverse-event-term", "passages": "passage",
    "definitions": "definition", "criteria": "criterion", "discrepancies": "discrepancy", "cases": "case",
    "open-questions": "open-question", "harm-rates": "harm-rate", "derived-findings": "derived-finding",
    "relations": "relation", "concepts": "concept", "table-rows": "table-row",
}  # fmt: skip
OF_STUDIES = ("cohorts", "regimens", "statements", "discrepancies", "open-questions", "derived-findings", "table-rows")
# Collections of which one thing can be asked for.
SINGLE = {**LISTS, "agents": "agent", "findings": "finding", "adverse-events": "finding"}
# What lists of things can be sorted by.
THING_COLUMNS = ("id", "label")
