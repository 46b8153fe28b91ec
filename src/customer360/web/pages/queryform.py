"""Let people write a metric query with a form: what it offers, how a query fills it, and the query that it makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer360.dashboards.locales import later
from customer360.errors import QueryError
from customer360.semantic.describe import describe, describe_dimensions
from customer360.semantic.labels import things
from customer360.semantic.query import Condition, MetricQuery, Order, TimeRange, parse_query
from customer360.semantic.question import is_axis_name
from customer360.semantic.reach import reach_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel

METRICS, DIMENSIONS = 3, 2
"""How many the form has room for; what a query has beyond stays as it is."""
GRAINS = (later("day"), later("week"), later("month"), later("quarter"), later("year"))
PERIODS = (
    later("last 7 days"), later("last 30 days"), later("last 90 days"), later("this month"), later("last month"),
    later("this quarter"), later("last quarter"), later("last 12 months"), later("year to date"), later("last year"),
)  # fmt: skip
OPERATORS = {
    "=": later("is"),
    "!=": later("is not"),
    ">=": later("is at least"),
    "<=": later("is at most"),
    "contains": later("contains"),
    "starts with": later("starts with"),
}
MOST_ROWS = 1_000
_NUMBERS = ("int", "dec", "float", "double", "num", "real")


@dataclass(frozen=True)
class Offer:
    """Something to choose: what is sent, and what people read. A metric names the groups that it may be split by."""

    value: str
    label: str
    reaches: str = ""


@dataclass(frozen=True)
class Group:
    """Dimensions of one dataset or role; metrics name it by ``number``."""

    number: int
    label: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Offers:
    """What a form offers, by the dataset that it comes from."""

    metrics: tuple[Group, ...]
    dimensions: tuple[Group, ...]
    grains: tuple[str, ...] = GRAINS
    periods: tuple[str, ...] = PERIODS
    operators: tuple[tuple[str, str], ...] = tuple(OPERATORS.items())


@dataclass(frozen=True)
class Entered:
    """What stands in a form."""

    metrics: tuple[str, ...] = ("",) * METRICS
    dimensions: tuple[str, ...] = ("",) * DIMENSIONS
    grains: tuple[str, ...] = ("",) * DIMENSIONS
    period: str = ""
    field: str = ""
    op: str = "="
    value: str = ""
    top: str = ""
    keeps: tuple[str, ...] = ()
    """What of the query the form has no field for, in words; it stays."""


_MADE: dict[str, Offers] = {}
"""Offers by the digest of their model; a project has a handful."""


def offers(model: SemanticModel) -> Offers:
    """Return what a query of a model may name, and which metric goes with which dimensions."""
    if model.digest not in _MADE:
        _MADE[model.digest] = _offers(model)
    return _MADE[model.digest]


def _offers(model: SemanticModel) -> Offers:
    reach = reach_of(model)
    numbers = {owner: str(number) for number, owner in enumerate(reach.owners)}

    def reaches(name: str) -> str:
        return " ".join(
            [*(["time"] if name in reach.timed else []), *(numbers[each] for each in sorted(reach.of[name]))]
        )

    metrics = ((e.bases[0] if e.bases else "", Offer(e.name, e.label, reaches(e.name))) for e in describe(model))
    shown = describe_dimensions(model)
    dimensions = [(each.name.rpartition(".")[0], Offer(each.name, each.label)) for each in shown]
    for role in reach.owners[len(model.datasets) :]:
        of = model.directory.dataset_of(role)
        names = {f"{of.name}.": role} if of is not None else {}
        dimensions += [
            (role, Offer(f"{role}.{each.name.removeprefix(start)}", f"{each.label} ({things(role)})"))
            for each in shown
            for start in names
            if each.name.startswith(start)
        ]
    return Offers(_grouped(metrics, {}), _grouped(dimensions, numbers))


def _grouped(found: Iterable[tuple[str, Offer]], numbers: Mapping[str, str]) -> tuple[Group, ...]:
    groups: dict[str, list[Offer]] = defaultdict(list)
    for name, offer in found:
        groups[name].append(offer)
    return tuple(
        Group(int(numbers.get(name, -1)), things(name).capitalize(), tuple(each)) for name, each in groups.items()
    )


def entered(query: MetricQuery) -> Entered:
    """Return a query as it stands in the form."""
    single = query.where if isinstance(query.where, Condition) and query.where.op in (*OPERATORS, "in") else None
    return Entered(
        metrics=_padded(query.metrics, METRICS),
        dimensions=_padded((each.name for each in query.dimensions), DIMENSIONS),
        grains=_padded((each.grain or "" for each in query.dimensions), DIMENSIONS),
        period=(query.time.relative or "") if query.time else "",
        field=single.field if single else "",
        op="=" if single is None or single.op == "in" else single.op,
        value=_text(single.value) if single else "",
        top=str(query.limit or ""),
        keeps=tuple(_kept(query, has_where=single is not None)),
    )


def given(form: Mapping[str, str]) -> Entered:
    """Return what somebody sent, to show it again beside what is wrong with it."""
    return Entered(
        metrics=tuple(form.get(f"metric{n}", "") for n in range(METRICS)),
        dimensions=tuple(form.get(f"by{n}", "") for n in range(DIMENSIONS)),
        grains=tuple(form.get(f"grain{n}", "") for n in range(DIMENSIONS)),
        period=form.get("period", ""),
        field=form.get("field", ""),
        op=form.get("op", "="),
        value=form.get("value", ""),
        top=form.get("top", ""),
    )


def query_from(form: Mapping[str, str], model: SemanticModel, base: MetricQuery | None = None) -> MetricQuery:
    """Return the query that a form makes; what it has no field for comes from ``base``. Errors: QueryError."""
    wanted = given(form)
    known = fields_of(model, (*wanted.dimensions, wanted.field))
    document: dict[str, Any] = base.model_dump(mode="json", exclude_defaults=True, by_alias=True) if base else {}
    rest = document.get("metrics", [])[METRICS:]
    document["metrics"] = [name for name in dict.fromkeys(wanted.metrics) if name] + list(rest)
    if not document["metrics"]:
        raise QueryError("No metric is chosen.", next_step="Choose what to measure.")
    document["dimensions"] = list(_dimensions(wanted, known)) + document.get("dimensions", [])[DIMENSIONS:]
    _set_time(document, wanted.period, base)
    _set_condition(document, wanted, known, base)
    _set_top(document, wanted.top, base)
    return parse_query(document)


def fields_of(model: SemanticModel, names: Iterable[str]) -> dict[str, SemanticField]:
    """Return the fields that names of a form mean, in roles too; what means none is left to the compiler."""
    found = {}
    for name in names:
        owner, _, own = name.rpartition(".")
        field = model.directory.field(owner, own) if owner else None
        if field is not None:
            found[name] = field
    return found


def chart_for(query: MetricQuery, model: SemanticModel) -> str:
    """Return the kind of chart that shows a query best."""
    times = [_is_time(each.name, model) for each in query.dimensions]
    if not times:
        return "kpi" if len(query.metrics) == 1 else "table"
    if len(query.metrics) > 1 or len(times) > DIMENSIONS:
        return "table"
    if times[0]:
        return "line"
    return "bar" if len(times) == 1 else "heatmap"


def _dimensions(wanted: Entered, known: Mapping[str, SemanticField]) -> Iterator[dict[str, str]]:
    for name, grain in zip(wanted.dimensions, wanted.grains, strict=True):
        if name:
            is_time = is_axis_name(name) or (name in known and known[name].is_time)
            yield {"name": name, "grain": grain or "month"} if is_time else {"name": name}


def _set_time(document: dict[str, Any], period: str, base: MetricQuery | None) -> None:
    before = base.time if base else None
    if period and not (before and before.relative == period):
        document["time"] = {
            "relative": period,
            **({"dimension": before.dimension} if before and before.dimension else {}),
        }
    elif not period and before is not None and before.relative:
        document.pop("time")


def _set_condition(
    document: dict[str, Any], wanted: Entered, known: Mapping[str, SemanticField], base: MetricQuery | None
) -> None:
    if base is not None and base.where is not None and not isinstance(base.where, Condition):
        return
    if not wanted.field:
        document.pop("where", None)
        return
    if wanted.op not in OPERATORS:
        raise QueryError(f"'{wanted.op[:20]}' compares nothing.")
    kind = known[wanted.field].datatype if wanted.field in known else None
    parts = [field_value(part.strip(), kind) for part in wanted.value.split(",") if part.strip()]
    if not parts:
        raise QueryError("The condition has no value.", next_step="Write one, or choose no field.")
    is_list = len(parts) > 1 and wanted.op in ("=", "!=")
    op = {"=": "in", "!=": "not in"}[wanted.op] if is_list else wanted.op
    document["where"] = {"field": wanted.field, "op": op, "value": parts if is_list else parts[0]}


def _set_top(document: dict[str, Any], text: str, base: MetricQuery | None) -> None:
    if not text:
        document.pop("limit", None)
        return
    if not text.isdigit() or not 1 <= int(text) <= MOST_ROWS:
        raise QueryError(f"'{text[:20]}' is no number of rows.", next_step=f"Write 1 to {MOST_ROWS}.")
    document["limit"] = int(text)
    if base is None or not base.order:
        document["order"] = [Order(by=document["metrics"][0], descending=True).model_dump()]


def field_value(text: str, kind: str | None) -> Any:
    """Return what somebody typed as a value of a field's type. Errors: QueryError."""
    plain = (kind or "").casefold()
    if plain.startswith("bool"):
        return text.casefold() in ("true", "yes", "1")
    if any(plain.startswith(each) for each in _NUMBERS):
        try:
            return int(text)
        except ValueError:
            return _float(text)
    return text


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise QueryError(f"'{text[:40]}' is no number.", next_step="Write one, such as 100 or 2.5.") from None


def _is_time(name: str, model: SemanticModel) -> bool:
    return is_axis_name(name) or any(each.is_time for each in fields_of(model, [name]).values())


def _padded(values: Iterable[str], size: int) -> tuple[str, ...]:
    found = tuple(values)[:size]
    return found + ("",) * (size - len(found))


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kept(query: MetricQuery, *, has_where: bool) -> Iterator[str]:
    time: TimeRange | None = query.time
    if time is not None and not time.relative:
        yield f"the days {time.start or 'from the first'} to {time.end or 'the last'}"
    if query.where is not None and not has_where:
        yield "several conditions"
    for name, text in (
        ("having", "conditions on figures"),
        ("compare", "a comparison"),
        ("shares", "shares"),
        ("windows", "running figures"),
        ("summary", "a summary"),
        ("top", "the largest members"),
    ):
        if getattr(query, name):
            yield text
    if len(query.metrics) > METRICS or len(query.dimensions) > DIMENSIONS:
        yield "further metrics or dimensions"
