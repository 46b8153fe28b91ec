"""Show a person everything that is kept about them: one zip, readable by people and by programs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer360.errors import C360Error
from customer360.privacy.traces import Trace

if TYPE_CHECKING:
    from customer360.engines.base import Session
    from customer360.privacy.places import Places

_HIDDEN = frozenset({"_load_id", "digest"})
"""Columns of ours that say nothing about a person."""
SHOWN = ("raw", "quarantine", "kept", "made")


@dataclass(frozen=True)
class Shown:
    """Rows of one table that are a person's, with what its contract says of it and of its columns."""

    name: str
    kind: str
    about: str
    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


def collect(session: Session, places: Places, found: Sequence[Trace]) -> tuple[Shown, ...]:
    """Return the rows of every trace that has some: sources first, then what was made of them."""
    shown = []
    theirs = [trace for trace in found if trace.kind in SHOWN]
    for trace in sorted(theirs, key=lambda trace: (SHOWN.index(trace.kind), trace.relation)):
        rows = session.query(trace.select()).to_pylist()
        if rows:
            contract = places.raw.get(trace.relation) or places.project.contract_of(trace.relation)
            columns = {column.name: column.description or "" for column in (contract.columns if contract else ())}
            about = contract.granularity or contract.description or "" if contract else ""
            shown.append(Shown(str(trace.relation), trace.kind, about, columns, [_visible(row) for row in rows]))
    return tuple(shown)


def write_zip(
    path: Path,
    shown: Sequence[Shown],
    *,
    label: str,
    person: str,
    at: datetime,
    consent: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write ``index.html`` for people, one JSON file a table, and ``tables.json`` that says what is where.

    Errors: C360Error when the file cannot be written.
    """
    if consent:
        about = "What you allowed or refused, and when."
        shown = [*shown, Shown("consent", "kept", about, {}, [_visible(row) for row in consent])]
    listing = [{"table": s.name, "about": s.about, "rows": len(s.rows), "file": f"data/{s.name}.json"} for s in shown]
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            path.chmod(0o600)
            archive.writestr("index.html", _page(shown, label=label, person=person, at=at))
            archive.writestr("tables.json", json.dumps({"person": person, "at": at.isoformat(), "tables": listing}))
            for each in shown:
                archive.writestr(f"data/{each.name}.json", json.dumps(each.rows, indent=1, ensure_ascii=False))
    except OSError as error:
        raise C360Error(f"The file {path} cannot be written: {error.strerror}.") from error


def _visible(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if name not in _HIDDEN}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def _page(shown: Sequence[Shown], *, label: str, person: str, at: datetime) -> str:
    parts = {"raw": "From the systems", "quarantine": "Put aside", "kept": "Remembered", "made": "Worked out from it"}
    body = []
    for kind, title in parts.items():
        mine = [each for each in shown if each.kind == kind]
        if mine:
            body.append(f"<h2>{title}</h2>" + "".join(map(_section, mine)))
    return _PAGE.format(label=escape(label), person=escape(person), at=f"{at:%Y-%m-%d %H:%M}", body="".join(body))


def _section(shown: Shown) -> str:
    names = list(shown.rows[0])
    head = "".join(f'<th title="{escape(shown.columns.get(name, ""))}">{escape(name)}</th>' for name in names)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(row[name]))}</td>" for name in names) + "</tr>" for row in shown.rows
    )
    said = "".join(f"<li><b>{escape(n)}</b>: {escape(shown.columns[n])}</li>" for n in names if shown.columns.get(n))
    meaning = f"<details><summary>What the columns mean</summary><ul>{said}</ul></details>" if said else ""
    return (
        f"<section><h3>{escape(shown.name)} ({len(shown.rows):,})</h3><p>{escape(shown.about)}</p>{meaning}"
        f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div></section>'
    )


def _text(value: Any) -> str:
    return (
        "" if value is None else json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What {label} keeps about you</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem}}table{{border-collapse:collapse}}
th,td{{text-align:left;border:1px solid #ccc;padding:.2rem .4rem;white-space:nowrap}}.wide{{overflow-x:auto}}</style>
</head><body><h1>What {label} keeps about you</h1>
<p>Customer {person}, as of {at} UTC. The same is in the folder <code>data</code> for programs.</p>{body}</body></html>
"""
