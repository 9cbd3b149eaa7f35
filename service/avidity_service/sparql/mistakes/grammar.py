"""The grammar of SPARQL queries as a table: which way a rule goes on, by the next token alone (LL(1)).

The rules are those of SPARQL 1.1 (section 19.8) and what the engine has of 1.2 and LATERAL. Where one token does not
decide, they take more than the standard does, never less: whoever finds a mistake by them must be right.
Rules in capitals make a node of the tree; those in small letters are only ways to write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import count

_RULES = """
Query = Prologue Form valuesClause END
Prologue = ( 'BASE' IRIREF | 'PREFIX' PNAME_NS IRIREF | 'VERSION' STRING )*
Form = Select | Construct | Describe | Ask
Select = SelectClause Dataset* Where modifiers
SubSelect = SelectClause Where modifiers valuesClause
SelectClause = 'SELECT' ( 'DISTINCT' | 'REDUCED' )? Selected
Selected = '*' | Projection+
Projection = VAR | '(' Expression Alias ')'
Alias = 'AS' Variable
Construct = 'CONSTRUCT' ( Template Dataset* Where modifiers | Dataset* ShortForm modifiers )
Template = '{' triples? '}'
ShortForm = 'WHERE' '{' triples? '}'
Describe = 'DESCRIBE' Described Dataset* Where? modifiers
Described = '*' | varOrIri+
Ask = 'ASK' Dataset* Where modifiers
Dataset = 'FROM' 'NAMED'? Iri
Where = 'WHERE'? Group
modifiers = GroupBy? Having? OrderBy? limits?
GroupBy = 'GROUP' 'BY' GroupCondition+
GroupCondition = BuiltInCall | FunctionCall | '(' Expression Alias? ')' | VAR
Having = 'HAVING' Constraint+
OrderBy = 'ORDER' 'BY' OrderCondition+
OrderCondition = ( 'ASC' | 'DESC' ) Brackets | Constraint | VAR
limits = Limit Offset? | Offset Limit?
Limit = 'LIMIT' Whole
Offset = 'OFFSET' Whole
Whole = INTEGER
valuesClause = InlineData?
Group = '{' ( SubSelect | pattern ) '}'
pattern = Triples? ( element '.'? Triples? )*
Triples = triples
element = Union | Optional | Minus | Lateral | Graph | Service | Filter | Bind | InlineData
Union = Group ( 'UNION' Group )*
Optional = 'OPTIONAL' Group
Minus = 'MINUS' Group
Lateral = 'LATERAL' Group
Graph = 'GRAPH' varOrIri Group
Service = 'SERVICE' 'SILENT'? varOrIri Group
Filter = 'FILTER' Constraint
Bind = 'BIND' '(' Expression Alias ')'
InlineData = 'VALUES' DataBlock
DataBlock = VAR '{' Value* '}' | '(' VAR* ')' '{' Row* '}'
Row = '(' Value* ')'
Value = iri | literal | 'UNDEF' | tripleTerm
Constraint = Brackets | BuiltInCall | FunctionCall
Brackets = '(' Expression ')'
FunctionCall = iri arguments
arguments = '(' 'DISTINCT'? ( Expression ( ',' Expression )* )? ')'
List = '(' ( Expression ( ',' Expression )* )? ')'
triples = sameSubject ( '.' triples? )?
sameSubject = subject PropertyList | ( collection | blankList | reified ) PropertyList?
subject = VAR | iri | literal | BNODE | tripleTerm
PropertyList = Verb Objects ( ';' ( Verb Objects )? )*
Verb = Path | VAR
Objects = Object ( ',' Object )*
Object = node annotation*
annotation = '~' reifier? | '{|' PropertyList '|}'
reifier = VAR | iri | BNODE
node = subject | collection | blankList | reified
collection = '(' node* ')'
blankList = '[' PropertyList? ']'
reified = '<<' Node Verb Node ( '~' reifier? )? '>>'
tripleTerm = '<<(' Node Verb Node ')>>'
Node = node
varOrIri = VAR | iri
iri = IRIREF | PNAME_LN | PNAME_NS
Iri = iri
Variable = VAR
literal = STRING ( LANG | '^^' Datatype )? | ( '+' | '-' )? number | 'TRUE' | 'FALSE'
Datatype = iri
number = INTEGER | DECIMAL
Path = Sequence ( '|' Sequence )*
Sequence = Step ( '/' Step )*
Step = '^'? pathPrimary ( '?' | '*' | '+' )?
pathPrimary = iri | 'a' | '!' NegatedSet | '(' Path ')'
NegatedSet = pathOne | '(' ( pathOne ( '|' pathOne )* )? ')'
pathOne = '^'? PathIri
PathIri = iri | 'a'
Expression = And ( '||' And )*
And = Relation ( '&&' Relation )*
Relation = Sum ( comparison Sum | 'IN' List | 'NOT' 'IN' List )?
comparison = '=' | '!=' | '<' | '>' | '<=' | '>='
Sum = Product ( ( '+' | '-' ) Product )*
Product = Factor ( ( '*' | '/' ) Factor )*
Factor = '!' Factor | ( '+' | '-' ) signed | primary
signed = ( '+' | '-' ) number | primary
primary = Brackets | BuiltInCall | iri arguments? | VAR | STRING ( LANG | '^^' Datatype )? | number | 'TRUE' | 'FALSE'
  | tripleTerm
BuiltInCall = F0 '(' ')' | F1 '(' Expression ')' | F01 '(' Expression? ')' | F2 '(' Expression ',' Expression ')'
  | F3 '(' Expression ',' Expression ',' Expression ')' | F23 '(' Expression ',' Expression ( ',' Expression )? ')'
  | F34 '(' Expression ',' Expression ',' Expression ( ',' Expression )? ')' | FN List | 'BOUND' '(' Variable ')'
  | 'EXISTS' Group | 'NOT' 'EXISTS' Group | Aggregate
Aggregate = AGGREGATE '(' 'DISTINCT'? Expression ')' | 'COUNT' '(' 'DISTINCT'? ( '*' | Expression ) ')'
  | 'GROUP_CONCAT' '(' 'DISTINCT'? Expression ( ';' 'SEPARATOR' '=' STRING )? ')'
"""
_PIECE = re.compile(r"'[^']+'|\w+|[()|*+?]")
START = "Query"
Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """For each rule the way on by the next token's terminal, and the rules that may be left out."""

    ways: dict[str, dict[str, Way]]
    nullable: frozenset[str]

    def may_begin(self, symbol: str, terminal: str) -> bool:
        """Whether what the symbol stands for may begin with that terminal."""
        return terminal in self.ways[symbol] if symbol in self.ways else symbol == terminal

    def beginnings(self, symbol: str) -> frozenset[str]:
        """The terminals by which it may begin."""
        return frozenset(self.ways[symbol]) if symbol in self.ways else frozenset({symbol})


@cache  # made when the first query is refused
def grammar() -> Grammar:
    """The table of the rules.

    Raises:
        AssertionError: if one token does not decide between two ways.
    """
    rules = _rules()
    nullable: set[str] = set()
    while more := {
        name for name, ways in rules.items() if name not in nullable and any(set(way) <= nullable for way in ways)
    }:
        nullable |= more
    first: dict[str, dict[str, Way]] = {name: {} for name in rules}
    while _grow(rules, first, nullable):
        pass
    return Grammar(first, frozenset(nullable))


def _grow(rules: dict[str, list[Way]], first: dict[str, dict[str, Way]], nullable: set[str]) -> bool:
    grown = False
    for name, ways in rules.items():
        for way in ways:
            for symbol in way:
                for terminal in first[symbol] if symbol in rules else (symbol,):
                    assert first[name].get(terminal, way) == way, (name, terminal)
                    grown |= terminal not in first[name]
                    first[name] = {**first[name], terminal: way}
                if symbol not in nullable:
                    break
    return grown


def _rules() -> dict[str, list[Way]]:
    """The rules without groups and repetitions: these get rules of their own."""
    rules: dict[str, list[Way]] = {}
    numbers = count()
    for line in _RULES.replace("\n  ", " ").strip().split("\n"):
        name, _, text = line.partition(" = ")
        rules[name] = _alternatives(_PIECE.findall(text), rules, numbers)
    return rules


def _alternatives(pieces: list[str], rules: dict[str, list[Way]], numbers: count[int]) -> list[Way]:
    """Takes the pieces up to a closing bracket, or to their end."""
    ways: list[list[str]] = [[]]
    while pieces:
        piece = pieces.pop(0)
        if piece == ")":
            break
        if piece == "|":
            ways.append([])
        elif piece == "(":
            ways[-1].append(_own(_alternatives(pieces, rules, numbers), rules, numbers))
        elif piece in ("*", "+", "?"):
            once = ways[-1].pop()
            rest = _own([], rules, numbers)
            rules[rest] = [(once,) if piece == "?" else (once, rest), ()]
            ways[-1] += [once, rest] if piece == "+" else [rest]
        else:
            ways[-1].append(piece.strip("'"))
    return [tuple(way) for way in ways]


def _own(ways: list[Way], rules: dict[str, list[Way]], numbers: count[int]) -> str:
    name = f"_{next(numbers)}"
    rules[name] = ways
    return name
