"""Read the SQL of a contract's own rules: placeholders filled in, one SELECT, the tables it reads known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from customer360.errors import ModelError, UnknownName
from customer360.models.render import fill, parse, relations_of
from customer360.names import Relation, quoted

if TYPE_CHECKING:
    from customer360.project.spec import Contract, Project, QualityRule

_PLACEHOLDER = re.compile(r"\$?\{(\w+)\}")


def rule_query(contract: Contract, rule: QualityRule, project: Project) -> tuple[str, frozenset[Relation]]:
    """Return the query of a ``sql`` rule (DuckDB's dialect, ``as_of()`` still in it) and the other tables it reads.

    ``{object}`` (also table, model) is the contract's table, ``{property}`` (column, field) the rule's column,
    ``{schema}`` the schema; ``${...}`` is the same. ModelError when it is not one SELECT or a placeholder is unknown.
    """
    table, schema = contract.relation.sql, quoted(contract.relation.schema)
    words = {"object": table, "table": table, "model": table, "schema": schema}
    if rule.column:
        words |= dict.fromkeys(("property", "column", "field"), quoted(rule.column))

    def word(found: re.Match[str]) -> str:
        if found[1] not in words:
            raise UnknownName("placeholder", found[1], list(words), place=rule.place)
        return words[found[1]]

    filled = fill(rule.query or "", project, schema=contract.relation.schema, place=rule.place)
    text = _PLACEHOLDER.sub(word, filled).strip().rstrip(";")
    tree = parse(text, rule.place)
    if len(tree.selects) != 1:
        raise ModelError(
            f"The SQL of the rule '{rule.id}' yields {len(tree.selects)} columns; a rule yields one value.",
            place=rule.place,
        )
    return text, relations_of(tree) - {contract.relation}
