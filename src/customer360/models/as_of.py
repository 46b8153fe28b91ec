"""Find the as-of date: the day that a project calls today."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from customer360.errors import ProjectError, UnknownName, WarehouseMissing
from customer360.names import Relation, quoted, raw_relation

if TYPE_CHECKING:
    from customer360.engines.base import Session
    from customer360.project.spec import Project


_KEPT = 64
_days: OrderedDict[tuple[str, object], date] = OrderedDict()
_guard = Lock()


def published_as_of(session: Session, project: Project) -> date:
    """Return the as-of date of the state that a read session reads; a published state's is looked up once."""
    settings = project.settings
    if settings.as_of != "latest":
        return settings.as_of
    key = (session.state, (settings.as_of_columns, settings.time_zone))
    with _guard:
        day = _days.get(key)
    if day is None:
        day = resolve_as_of(session, project)
        with _guard:
            _days[key] = day
            while len(_days) > _KEPT:
                _days.popitem(last=False)
    return day


def resolve_as_of(session: Session, project: Project) -> date:
    """Return the project's as-of date; for ``latest`` the newest value of its ``as_of_columns`` in the raw tables.

    Raises WarehouseMissing when such a table is not loaded or all of them are empty, UnknownName or ProjectError when
    the setting itself is wrong. Moments are UTC and count by their day in the project's time zone.
    """
    settings = project.settings
    if settings.as_of != "latest":
        return settings.as_of
    if not settings.as_of_columns:
        raise ProjectError(
            "as_of is 'latest', but no as_of_columns say where to look.",
            place=settings.place,
            next_step="Add for example `as_of_columns: [shop.orders.order_date]`, or write a date.",
        )
    wanted = [_column(text, project) for text in settings.as_of_columns]
    present = session.relations()
    for relation, _ in wanted:
        if relation not in present:
            raise WarehouseMissing(
                f"The as-of date comes from {relation}, which is not loaded yet.",
                place=settings.place,
                next_step="Run `c360 load` first.",
            )
    zone = ZoneInfo(settings.time_zone)
    days = [day for relation, column in wanted if (day := _newest(session, relation, column, zone))]
    if not days:
        raise WarehouseMissing(
            "The as-of date cannot be found: the tables it comes from are empty.",
            place=settings.place,
            next_step="Load data, or write a date for as_of in c360.yaml.",
        )
    return max(days)


def newest_days(session: Session, project: Project) -> list[tuple[Relation, str]]:
    """Return SQL, over each raw table that ``latest`` looks at, of its newest day (``resolve_as_of`` as SQL)."""
    zone = project.settings.time_zone
    found = []
    for relation, column in (_column(text, project) for text in project.settings.as_of_columns):
        type_ = next((c.type for c in session.columns(relation) if c.name == column), "VARCHAR")
        newest = f"MAX({quoted(column)})"
        if type_.startswith("TIMESTAMP"):
            moment = newest if "ZONE" in type_ else f"({newest} AT TIME ZONE 'UTC')"
            day = f"CAST({moment} AT TIME ZONE '{zone}' AS DATE)"
        else:
            day = f"CAST({newest} AS DATE)" if type_ == "DATE" else f"CAST(LEFT({newest}, 10) AS DATE)"
        found.append((relation, day))
    return found


def _newest(session: Session, relation: Relation, column: str, zone: ZoneInfo) -> date | None:
    value = session.query(f"SELECT MAX({quoted(column)}) AS newest FROM {relation.sql}").column(0)[0].as_py()
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone).date()
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _column(text: str, project: Project) -> tuple[Relation, str]:
    place = project.settings.place
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - source, table, column
        raise ProjectError(f"'{text}' in as_of_columns is not <source>.<table>.<column>.", place=place)
    source, table, column = parts
    if not project.sources:  # opened to answer only: the sources were not read, the loaded table will do
        return raw_relation(source, table), column
    if source not in project.sources:
        raise UnknownName("source", source, list(project.sources), place=place)
    if table not in project.sources[source].tables:
        raise UnknownName(f"table of source {source}", table, list(project.sources[source].tables), place=place)
    return raw_relation(source, table), column
