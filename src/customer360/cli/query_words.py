"""Read a metric query as people type it on the command line into its canonical form."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import typer

_COMPARED = ("previous period", "same period last year")
_WINDOWS = {
    ("cumulative", 0): (),
    ("trailing", 2): ("count", "unit"),
    ("to-date", 1): ("unit",),
}
"""How many words follow each kind of window, and what they are."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The options of ``c360 query`` that make up the query, as they were typed."""

    metrics: list[str]
    by: list[str] | None = None
    where: list[str] | None = None
    having: list[str] | None = None
    since: str | None = None
    until: str | None = None
    period: str | None = None
    order: list[str] | None = None
    limit: int | None = None
    compare: str | None = None
    compare_where: str | None = None
    share: list[str] | None = None
    window: list[str] | None = None
    top: str | None = None
    fill: str | None = None
    history: str | None = None

    def query(self) -> dict[str, Any]:
        """Return the query as JSON. Errors: QueryError for a filter, BadParameter for another option."""
        asked: dict[str, Any] = {"metrics": self.metrics}
        asked["dimensions"] = [dict(zip(("name", "grain"), each.split(":", 1), strict=False)) for each in self.by or ()]
        for key, filters in (("where", self.where), ("having", self.having)):
            if filters:
                asked[key] = _filter(" AND ".join(f"({each})" for each in filters))
        if self.since or self.until or self.period:
            asked["time"] = {"start": self.since, "end": self.until, "relative": self.period}
        asked["order"] = [{"by": each.lstrip("-"), "descending": each.startswith("-")} for each in self.order or ()]
        asked["shares"] = [_share(each) for each in self.share or ()]
        asked["windows"] = [_window(each) for each in self.window or ()]
        more = {
            "limit": self.limit,
            "compare": _comparison(self.compare, self.compare_where),
            "top": _top(self.top, self.metrics[0]) if self.top else None,
            "fill": self.fill,
            "history": self.history.replace("-", "_") if self.history else None,
        }
        return asked | {key: value for key, value in more.items() if value is not None}


def json_query(text: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a query given as JSON, from stdin for ``-``. Errors: BadParameter when it is none, or is not alone."""
    if any(value for value in given.values()):
        raise typer.BadParameter("With --json the whole query stands in the JSON; leave the metrics and options out.")
    try:
        found = json.loads(sys.stdin.read() if text == "-" else text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"The query is no JSON: {error.msg} at character {error.pos + 1}.") from error
    if not isinstance(found, dict):
        raise typer.BadParameter('The query is no JSON object; for example {"metrics": ["revenue"]}.')
    return found


def _filter(text: str) -> dict[str, Any]:
    from customer360.semantic.filter_text import parse_filter  # it brings the SQL parser, which most queries do without

    return parse_filter(text)


def _comparison(to: str | None, where: str | None) -> dict[str, Any] | None:
    if to is None and where is None:
        return None
    found: dict[str, Any] = {"where": _filter(where)} if where else {}
    if to is not None:
        found |= {"to": to} if to in _COMPARED else {"time": {"relative": to}}
    return found


def _share(text: str) -> dict[str, Any]:
    metric, _, within = text.partition(":")
    return {"metric": metric, "within": [name.strip() for name in within.split(",") if name.strip()]}


def _window(text: str) -> dict[str, Any]:
    metric, *words = text.split(":")
    kind, values = (words[0], words[1:]) if words else ("", [])
    names = _WINDOWS.get((kind, len(values)))
    if names is None:
        raise typer.BadParameter(
            f"'{text}' is no window; write revenue:cumulative, revenue:trailing:3:month or revenue:to-date:year."
        )
    found: dict[str, Any] = {"metric": metric, "kind": "period_to_date" if kind == "to-date" else kind}
    found |= dict(zip(names, values, strict=True))
    if "count" in found:
        found["count"] = _whole(found["count"], text)
    return found


def _top(text: str, metric: str) -> dict[str, Any]:
    dimension, *rest = text.split(":")
    if not 1 <= len(rest) <= 2:  # noqa: PLR2004 -- a number, and perhaps a metric
        raise typer.BadParameter(f"'{text}' is no top list; write segment:5, or segment:5:revenue.")
    return {"dimension": dimension, "n": _whole(rest[0], text), "by": rest[1] if len(rest) > 1 else metric}


def _whole(text: str, given: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(f"'{text}' in '{given}' is no number from 1 up.")
    return int(text)
