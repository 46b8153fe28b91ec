"""Write a reply as plain JSON values, nothing lost but what JSON lacks."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from customer360.ask.edits import without_each

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.ask.reply import Reply

SHOWN_ROWS = 10_000
"""Rows of a document; ``row_count`` says how many there are."""


def document_of(reply: Reply) -> Mapping[str, Any]:
    """Return the document of a reply."""
    table = reply.table
    rows = [] if table is None else table.slice(0, SHOWN_ROWS).to_pylist()
    return {
        "question": reply.question,
        "status": reply.status,
        "reason": reply.reason,
        "text": reply.text,
        "reading": reply.reading,
        "chips": _chips(reply),
        "notes": list(reply.notes),
        "columns": [
            {"name": c.name, "label": c.label, "kind": c.kind, "unit": c.unit, "format": c.format, "grain": c.grain}
            for c in reply.columns
        ],
        "rows": [{key: plain(value) for key, value in row.items()} for row in rows],
        "row_count": 0 if table is None else table.num_rows,
        "query": reply.query.model_dump(mode="json", exclude_defaults=True, by_alias=True) if reply.query else None,
        "sql": reply.sql,
        "chart": reply.chart,
        "not_understood": list(reply.not_understood),
        "corrected": [{"from": typed, "to": known} for typed, known in reply.corrected],
        "choices": [
            {
                "text": choice.text,
                "query": choice.query.model_dump(mode="json", exclude_defaults=True, by_alias=True)
                if choice.query
                else None,
            }
            for choice in reply.choices
        ],
        "suggestions": list(reply.suggestions),
        "definitions": [asdict(definition) for definition in reply.definitions],
        "trust": reply.trust,
        "as_of": reply.as_of.isoformat() if reply.as_of else None,
        "snapshot": reply.snapshot,
        "rows_behind": reply.rows_behind,
        "context": list(reply.context),
    }


def _chips(reply: Reply) -> list[dict[str, Any]]:
    """Return the parts of the reading, each with the query that is left when it is taken off."""
    if reply.query is None:
        return [asdict(chip) for chip in reply.chips]
    left = without_each(reply.query)
    return [
        {
            **asdict(chip),
            "without": query.model_dump(mode="json", exclude_defaults=True, by_alias=True) if query else None,
        }
        for chip, query in zip(reply.chips, left, strict=True)
    ]


def plain(value: Any) -> Any:
    """Return a JSON value: decimals as numbers when exact in a float, else text; NaN and infinity as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(str(number)) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value
