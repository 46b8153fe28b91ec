"""Let people choose members of an audience with a form: rows of conditions, and the segment that they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from customer360.dashboards.locales import later
from customer360.errors import QueryError
from customer360.semantic.describe import describe, describe_dimensions
from customer360.semantic.labels import labels_of, things
from customer360.semantic.measure import nothing_is_zero
from customer360.semantic.query import Condition, MetricCondition
from customer360.semantic.segment import check_part
from customer360.semantic.segment_query import EventCondition
from customer360.web.pages.queryform import Offer, field_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.model import SemanticModel

ROWS = 6
OPERATORS = {
    "=": later("is"),
    "!=": later("is not"),
    ">=": later("is at least"),
    "<=": later("is at most"),
    "contains": later("contains"),
}
PERIODS = (
    later("last 30 days"), later("last 90 days"), later("last 12 months"), later("last 24 months"), later("this month"),
    later("last month"), later("this year"),
)  # fmt: skip
_SOME_DAY = date(2000, 1, 1)
_GROUPS = {"all": "all", "any": "any"}


@dataclass(frozen=True)
class Row:
    """One condition as it stands in the form; ``what`` is ``field:``, ``metric:`` or ``event:`` and a name."""

    what: str = ""
    op: str = "="
    value: str = ""
    period: str = ""


@dataclass(frozen=True)
class Chosen:
    """The rows of a form and whether all or any of them must hold."""

    group: str = "all"
    rows: tuple[Row, ...] = (Row(),) * ROWS

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen yet."""
        return not any(row.what for row in self.rows)

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the fields that send the same form again."""
        yield "group", self.group
        for number, row in enumerate(self.rows):
            if row.what:
                yield from ((f"{key}{number}", getattr(row, key)) for key in ("what", "op", "value", "period"))


def offers_for(model: SemanticModel, subject: str | None) -> dict[str, list[Offer]]:
    """Return what conditions about a customer may name, by heading: attributes, figures and events that reach them."""
    found: dict[str, list[Offer]] = defaultdict(list)
    for field in describe_dimensions(model):
        part = Condition(field=field.name, op="is not null")
        if check_part(model, subject, part, as_of=_SOME_DAY) is None:
            heading = things(field.name.rpartition(".")[0]).capitalize()
            found[heading].append(Offer(f"field:{field.name}", field.label))
    for metric in describe(model):
        part_ = MetricCondition(metric=metric.name, op=">=", value=1)
        if check_part(model, subject, part_, as_of=_SOME_DAY) is None:
            found["Figures of each customer"].append(Offer(f"metric:{metric.name}", metric.label))
    for name in model.datasets:
        if check_part(model, subject, EventCondition(event=name), as_of=_SOME_DAY) is None:
            found["How often something happened"].append(Offer(f"event:{name}", things(name).capitalize()))
    return dict(found)


def measurable(model: SemanticModel) -> tuple[Offer, ...]:
    """Return the metrics that a lift can be measured by: those of which nothing is 0."""
    return tuple(Offer(each.name, each.label) for each in describe(model) if nothing_is_zero(model.formulas[each.name]))


def chosen_of(form: Mapping[str, str]) -> Chosen:
    """Return what somebody chose."""

    def row(number: int) -> Row:
        named = ((key, default) for key, default in (("what", ""), ("op", "="), ("value", ""), ("period", "")))
        return Row(*(form.get(f"{key}{number}", default) for key, default in named))

    rows = tuple(row(number) for number in range(ROWS))
    return Chosen(_GROUPS.get(form.get("group", ""), "all"), rows)


def members_of(chosen: Chosen, model: SemanticModel) -> dict[str, Any]:
    """Return the condition that the rows make. Errors: QueryError."""
    kinds = {each.name: each.datatype for each in describe_dimensions(model)}
    labels = labels_of(model)
    parts = [_part(row, kinds, labels) for row in chosen.rows if row.what]
    if not parts:
        raise QueryError("No condition is chosen.", next_step="Choose what the customers have in common.")
    return {chosen.group: parts}


def rows_of(members: Mapping[str, Any]) -> Chosen | None:
    """Return a condition as rows of the form; None when the form cannot show it whole."""
    group = next((key for key in _GROUPS if key in members), None)
    if group is None or len(members) != 1 or len(members[group]) > ROWS:
        return None
    rows = [_row(part) for part in members[group]]
    if any(row is None for row in rows):
        return None
    return Chosen(group, (*(row for row in rows if row), *(Row(),) * (ROWS - len(rows))))


def _part(row: Row, kinds: Mapping[str, str | None], labels: Mapping[str, str]) -> dict[str, Any]:
    kind, _, name = row.what.partition(":")
    if kind not in ("field", "metric", "event") or row.op not in OPERATORS:
        raise QueryError("A condition is about an attribute, a figure or an event.")
    time: dict[str, Any] = {"time": {"relative": row.period}} if row.period else {}
    if kind == "event":
        count = _count(row.value)
        least = {"at_least": count} if row.op in (">=", "=") else {}
        most = {"at_most": count} if row.op in ("<=", "=") else {}
        if not least and not most:
            raise QueryError("An event is counted: at least, at most, or so often.", next_step="Choose one of those.")
        return {"event": name, **least, **most, **time}
    if kind == "metric":
        return {"metric": name, "op": row.op, "value": field_value(row.value.strip() or "0", "decimal"), **time}
    values = [field_value(part.strip(), kinds.get(name)) for part in row.value.split(",") if part.strip()]
    if not values:
        raise QueryError(
            f"The condition on {labels.get(name, name)} has no value.", next_step="Write one; several with commas."
        )
    is_list = len(values) > 1 and row.op in ("=", "!=")
    op = {"=": "in", "!=": "not in"}[row.op] if is_list else row.op
    return {"field": name, "op": op, "value": values if is_list else values[0]}


def _row(part: Mapping[str, Any]) -> Row | None:
    kind = next((key for key in ("field", "metric", "event") if key in part), None)
    if kind is None or set(part) - {kind, "op", "value", "time", "at_least", "at_most"}:
        return None
    period = (part.get("time") or {}).get("relative", "")
    if kind == "event":
        least, most = part.get("at_least"), part.get("at_most")
        op = "=" if least == most and least is not None else "<=" if most is not None else ">="
        if most is not None and least not in (None, most):
            return None
        return Row(f"event:{part['event']}", op, str(most if op == "<=" else least or 1), period)
    value, op = part.get("value"), part.get("op", "=")
    if isinstance(value, list):
        op, value = {"in": "=", "not in": "!="}.get(op, ""), ", ".join(map(str, value))
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return Row(f"{kind}:{part[kind]}", op, shown, period) if op in OPERATORS else None


def _count(text: str) -> int:
    if not text.strip().isdigit():
        raise QueryError("How often is a number, 0 or more.", next_step="Write 1 for at least once, 0 for never.")
    return int(text)
