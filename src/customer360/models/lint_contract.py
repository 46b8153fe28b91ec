"""Find where a model and its contract do not fit, and rules that cannot be executed."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from customer360.engines.dialect import LABELS, TARGETS, gaps, line_of
from customer360.errors import C360Error, ModelError, UnknownName
from customer360.models.purity import impurities
from customer360.models.quality.check import checks_of
from customer360.models.quality.verdict import require_known
from customer360.models.render import line_in, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.models.graph import Node
    from customer360.names import Relation
    from customer360.project.spec import Contract, Project

_ANY_DAY = date(2000, 1, 1)


def shape_errors(node: Node) -> Iterator[C360Error]:
    """Yield columns that a model yields and its contract does not declare, and the other way round."""
    contract, config = node.contract, node.config
    if contract is None:
        if config.kind == "union":
            yield ModelError(
                f"The entity {node.relation} has no contract, so nothing says which columns it has.",
                place=node.model.place,
                next_step=f"Write products/{node.relation.schema}/{node.relation.table}.odcs.yaml.",
            )
        return
    declared = [column.name for column in contract.columns]
    for part in node.parts:
        if "*" in part.columns:
            continue
        made = [*part.columns, *config.version_columns]
        for name in made:
            if name not in declared:
                place = _line_of_column(part.tree.selects, name, part.place) or part.place
                yield UnknownName(f"column in the contract of {node.relation}", name, declared, place=place)
        for name in declared:
            if name not in made and config.kind != "union":
                yield ModelError(
                    f"The contract of {node.relation} declares the column {name}; the model does not yield it.",
                    place=next(c.place for c in contract.columns if c.name == name),
                    next_step=f"Add it to {part.place.file}, or take it out of the contract.",
                )
    needed = [*config.key, *config.track, config.time_column, config.durable_key, config.version_key]
    for name in dict.fromkeys(filter(None, needed)):
        if name not in declared:
            yield UnknownName(f"column of {node.relation}", name, declared, place=node.model.place)


def _line_of_column(selects: list, name: str, place: object):  # type: ignore[no-untyped-def,type-arg]
    item = next((item for item in selects if item.alias_or_name == name), None)
    return None if item is None else line_in(place, line_of(item))  # type: ignore[arg-type]


def rule_errors(node: Node, project: Project, readable: frozenset[Relation]) -> Iterator[C360Error]:
    """Yield what is wrong with the rules of a model's contract."""
    contract = node.contract
    if contract is None:
        return
    try:
        checks = checks_of(contract, project, _ANY_DAY)
    except C360Error as error:
        yield error
        return
    for check in checks:
        try:
            require_known(check.operators, place=check.place)
        except C360Error as error:
            yield error
        for relation in sorted(check.reads - readable):
            yield UnknownName("table", str(relation), [str(r) for r in readable], place=check.place)
        if check.own_query:
            yield from _own_sql(contract, check.rule_id, check.sql, check.place)


def _own_sql(contract: Contract, rule_id: str, sql: str, place: object) -> Iterator[C360Error]:
    tree = parse(sql, place)  # type: ignore[arg-type]
    for _, problem, hint in impurities(tree):
        yield ModelError(f"The rule '{rule_id}' of {contract.relation} {problem}.", place=str(place), next_step=hint)
        return
    found = list(chain.from_iterable(gaps(tree, target) for target in TARGETS))
    for construct in dict.fromkeys(gap.construct for gap in found):
        same = [gap for gap in found if gap.construct == construct]
        labels = " and ".join(dict.fromkeys(LABELS[gap.engine] for gap in same))
        yield ModelError(
            f"{construct} in the rule '{rule_id}' has no rule for {labels}.", place=str(place), next_step=same[0].hint
        )
