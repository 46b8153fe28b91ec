"""Clauses say the same as the filter that they were made from."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import NotPermitted
from customer360.governance.clauses import clauses_of
from customer360.semantic.query import AllOf, AnyOf, Condition, Filter, MetricQuery, Not

LEAVES = st.sampled_from("abcd").map(lambda name: {"field": name, "value": True})
FILTERS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        parts.map(lambda part: {"not": part}),
        st.lists(parts, min_size=1, max_size=3).map(lambda several: {"all": several}),
        st.lists(parts, min_size=1, max_size=3).map(lambda several: {"any": several}),
    ),
    max_leaves=8,
)


def holds(each: Filter, world: dict[str, bool]) -> bool:
    if isinstance(each, Not):
        return not holds(each.negate, world)
    if isinstance(each, AllOf):
        return all(holds(part, world) for part in each.all)
    if isinstance(each, AnyOf):
        return any(holds(part, world) for part in each.any)
    assert isinstance(each, Condition)
    return world[each.field]


@settings(max_examples=150, deadline=None)
@given(FILTERS, st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()))
def test_a_filter_holds_where_all_of_its_clauses_do(document: dict[str, Any], values: tuple[bool, ...]) -> None:
    world = dict(zip("abcd", values, strict=True))
    where = MetricQuery.model_validate({"metrics": ["m"], "where": document}).where
    assert where is not None
    try:
        clauses = clauses_of(where)
    except NotPermitted:
        return
    assert all(any(holds(part, world) for part in clause.values()) for clause in clauses) == holds(where, world)
