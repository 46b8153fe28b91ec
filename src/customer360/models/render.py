"""Turn a model's text into SQL: fill in ref(), source() and policy(), parse it once, put in the as-of date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from customer360.engines.dialect import transpile
from customer360.errors import C360Error, ModelError, Place, UnknownName
from customer360.names import Relation, raw_relation, text_literal

if TYPE_CHECKING:
    from customer360.project.spec import ModelPart, Project

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_CALL = re.compile(r"^\s*(\w+)\s*\(\s*(.*?)\s*\)\s*$", re.DOTALL)
_ARGUMENT = re.compile(r"""^\s*(?:'([^']*)'|"([^"]*)")\s*$""")
_FUNCTIONS = ("ref", "source", "policy")


@dataclass(frozen=True)
class RenderedPart:
    """One SQL text with its templates filled in and its tree; ``as_of()`` still stands in both."""

    name: str
    text: str
    tree: exp.Query
    place: Place
    dependencies: frozenset[Relation]
    uses_as_of: bool

    def sql(self, dialect: str, as_of: date) -> str:
        """Return the SELECT for an engine. DuckDB gets the author's own text, others a transpiled one."""
        if dialect == "duckdb":
            return with_as_of(self.text, as_of) if self.uses_as_of else self.text
        return transpile(self.tree, dialect, as_of=as_of)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it yields, as far as they can be read off (a star stays ``*``)."""
        return tuple(self.tree.named_selects)


def render(part: ModelPart, project: Project, schema: str) -> RenderedPart:
    """Fill in and parse one part of a model that lives in ``schema``; ModelError or UnknownName when it cannot be."""
    text = fill(part.sql, project, schema=schema, place=part.place).rstrip().rstrip(";")
    tree = parse(text, part.place)
    return RenderedPart(
        name=part.name,
        text=text,
        tree=tree,
        place=part.place,
        dependencies=relations_of(tree),
        uses_as_of=any(is_as_of(node) for node in tree.find_all(exp.Anonymous)),
    )


def parse(text: str, place: Place) -> exp.Query:
    """Return the tree of one SELECT; ModelError with its line when it is none."""
    try:
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except (ParseError, TokenError) as error:
        raise ModelError(_parse_sentence(error), place=_error_place(error, place)) from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise ModelError(
            "A model is one SELECT; this is something else.",
            place=place,
            next_step="Keep one SELECT (WITH ... is fine) and move the rest to models of its own.",
        )
    return trees[0]


def _parse_sentence(error: ParseError | TokenError) -> str:
    details = getattr(error, "errors", None)
    if details:
        return f"This SQL cannot be parsed: {details[0]['description'].rstrip('.')} near '{details[0]['highlight']}'."
    return "This SQL cannot be parsed: a quote or comment does not end."


def _error_place(error: ParseError | TokenError, place: Place) -> Place:
    details = getattr(error, "errors", None)
    return line_in(place, details[0]["line"] if details else 1)


def line_in(place: Place, line: int | None) -> Place:
    """Return the place of a line counted from the start of a SQL text that begins at ``place``."""
    return place if line is None else Place(place.file, (place.line or 1) + line - 1)


def relations_of(tree: exp.Expr) -> frozenset[Relation]:
    """Return the qualified tables that a query reads (names of its own WITH parts are never qualified)."""
    return frozenset(
        Relation(table.db, table.name) for table in tree.find_all(exp.Table) if table.db and not table.catalog
    )


def is_as_of(node: exp.Expr) -> bool:
    """Say whether a node is the function ``as_of()``."""
    return isinstance(node, exp.Anonymous) and node.name.lower() == "as_of"


def with_as_of(text: str, as_of: date) -> str:
    """Return a SQL text with each ``as_of()`` replaced by the date; strings and comments stay as they are."""
    if "as_of" not in text.lower():
        return text
    tokens = sqlglot.tokenize(text, read="duckdb")
    pieces, end = [], 0
    for first, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (first.text.lower(), second.text, third.text) == ("as_of", "(", ")"):
            pieces += [text[end : first.start], f"DATE '{as_of.isoformat()}'"]
            end = third.end + 1
    return "".join([*pieces, text[end:]])


def fill(text: str, project: Project, *, schema: str, place: Place) -> str:
    """Return the text with every ``{{ ... }}`` replaced; line numbers stay as they were."""

    def replaced(found: re.Match[str]) -> str:
        here = line_in(place, text.count("\n", 0, found.start()) + 1)
        filled = _call(found[1], project, schema, here)
        return filled + "\n" * found[0].count("\n")

    return _TEMPLATE.sub(replaced, text)


def _call(inner: str, project: Project, schema: str, place: Place) -> str:
    call = _CALL.match(inner)
    if call is None:
        raise ModelError(
            f"'{{{{{inner}}}}}' is no call.", place=place, next_step="Write {{ ref('table') }}, source() or policy()."
        )
    arguments = [_ARGUMENT.match(part) for part in call[2].split(",")]
    values = [match[1] or match[2] for match in arguments if match]
    if len(values) != len(arguments):
        raise ModelError(
            f"The arguments of {call[1]}() are quoted names, in '{{{{{inner}}}}}'.",
            place=place,
            next_step="Write for example {{ ref('orders') }}.",
        )
    functions: Mapping[str, Callable[[], str]] = {
        "ref": lambda: str(_ref(values, project, schema, place)),
        "source": lambda: str(_source(values, project, place)),
        "policy": lambda: literal(project.settings.policy(values[0], place=place), place),
    }
    if call[1] not in functions:
        raise UnknownName("template function", call[1], _FUNCTIONS, place=place)
    return functions[call[1]]()


def _ref(values: Sequence[str], project: Project, schema: str, place: Place) -> Relation:
    name = ".".join(values)
    if "." in name:
        relation = Relation(*name.split(".", 1))
        if relation in project.models:
            return relation
        raise UnknownName("model", name, [str(r) for r in project.models], place=place)
    found = [relation for relation in project.models if relation.table == name]
    own = Relation(schema, name)
    if own in found or len(found) == 1:
        return own if own in found else found[0]
    if found:
        raise ModelError(
            f"'{name}' names several models: {', '.join(str(r) for r in sorted(found))}.",
            place=place,
            next_step=f"Write the schema too: {{{{ ref('{found[0]}') }}}}.",
        )
    raise UnknownName("model", name, [r.table for r in project.models], place=place)


def _source(values: Sequence[str], project: Project, place: Place) -> Relation:
    if len(values) != 2:  # noqa: PLR2004 - a product and its port
        raise ModelError("source() takes two names: the product's id and its output port.", place=place)
    product_id, port_name = values
    product = next((p for p in project.products.values() if p.id == product_id), None)
    if product is None:
        source = project.sources.get(product_id)
        if source is None:
            known = [*(p.id for p in project.products.values()), *project.sources]
            raise UnknownName("data product", product_id, known, place=place)
        if port_name not in source.tables:
            raise UnknownName(f"table of source {product_id}", port_name, list(source.tables), place=place)
        return raw_relation(product_id, port_name)
    for port in product.output_ports:
        if port.name == port_name:
            contract = project.contracts.get(port.contract_id or "")
            return contract.relation if contract else Relation(product.schema, port_name)
    if Relation(product.schema, port_name) in project.models:
        return Relation(product.schema, port_name)
    raise UnknownName(f"output port of {product_id}", port_name, [p.name for p in product.output_ports], place=place)


def literal(value: Any, place: Place | None = None) -> str:
    """Return a policy's value as SQL: a literal, a list for IN, or (mappings, lists of mappings) a small table."""
    if value is None or isinstance(value, bool):
        return "NULL" if value is None else str(value).upper()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, Mapping):
        return _rows([{"key": key, "value": item} for key, item in value.items()], place)
    if isinstance(value, Sequence) and value:
        if all(isinstance(item, Mapping) for item in value):
            return _rows(value, place)
        return "(" + ", ".join(literal(item, place) for item in value) + ")"
    raise ModelError("This policy has no value that SQL can hold.", place=place, next_step="Fill it in c360.yaml.")


def _rows(rows: Sequence[Mapping[str, Any]], place: Place | None) -> str:
    names = list(rows[0]) if rows else []
    if not rows or any(list(row) != names for row in rows):
        raise ModelError(
            "This policy is a table whose rows do not have the same keys in the same order.",
            place=place,
            next_step="Give every row of it the same keys in c360.yaml.",
        )
    selects = (", ".join(f"{literal(row[name], place)} AS {name}" for name in names) for row in rows)
    return "(" + " UNION ALL ".join(f"SELECT {select}" for select in selects) + ")"


def collect(project: Project, errors: list[C360Error]) -> dict[Relation, tuple[RenderedPart, ...]]:
    """Render every part of every model; what cannot be is added to ``errors``."""
    rendered: dict[Relation, tuple[RenderedPart, ...]] = {}
    for relation, model in project.models.items():
        parts = []
        for part in model.parts:
            try:
                parts.append(render(part, project, relation.schema))
            except C360Error as error:
                errors.append(error)
        rendered[relation] = tuple(parts)
    return rendered
