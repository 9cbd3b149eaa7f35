"""Groups of terminals that the rules for typical mistakes have in common."""

from __future__ import annotations

from collections.abc import Callable

from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.tokens import FUNCTIONS

# A rule looks at a query and where it breaks; what it gives stands at the token that cannot be, if it is words alone.
Rule = Callable[[str, Failure], Mistake | str | None]
FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
INSIDE = ("FILTER", "OPTIONAL", "BIND", "UNION", "MINUS", "GRAPH", "SERVICE", "LATERAL")
CALLS = frozenset({*FUNCTIONS.values(), "COUNT", "GROUP_CONCAT", "BOUND", "EXISTS"})
LITERALS = frozenset({"STRING", "INTEGER", "DECIMAL", "TRUE", "FALSE"})
TERMS = LITERALS | {"VAR", "IRIREF", "PNAME_LN", "PNAME_NS", "BNODE", "[", "("}
COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})
OPERATORS = COMPARISONS | {"&&", "||", "+", "-", "*", "/", "IN", "NOT"}
