"""Write a column as somebody without clearance sees it. The type stays, so that queries stay valid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.names import quoted

if TYPE_CHECKING:
    from customer360.project.spec import ContractColumn

SALT = "$1"
"""The project's secret is a parameter: it stands in no SQL text, no log and no error."""

_TEXT = re.compile(r"(VARCHAR|TEXT|STRING|CHAR|BPCHAR)\b", re.IGNORECASE)
_WHOLE = {"BIGINT": 13, "INT8": 13, "HUGEINT": 13, "UBIGINT": 13, "INTEGER": 7, "INT4": 7, "INT": 7, "UINTEGER": 7}
"""Hexadecimal digits of a digest that fit a whole number's type."""
_TIME = re.compile(r"(DATE|TIMESTAMP)", re.IGNORECASE)
_SHOWN = 4


@dataclass(frozen=True)
class Masked:
    """A column as SQL, and whether the secret is needed."""

    sql: str
    salted: bool = False


def keyed_hash(text: str) -> str:
    """Return the SQL of a text's hash under the project's secret: the same for a value wherever it stands."""
    return f"left(sha256({SALT} || {text}), 32)"


def masked(column: ContractColumn, mask: str) -> Masked:
    """Return a column under a mask (null, hash, last4, year, bucket:n); what cannot be masked so becomes NULL."""
    name, type_ = quoted(column.name), column.type.upper()
    if mask == "hash" and _TEXT.match(type_):
        return Masked(keyed_hash(name), salted=True)
    if mask == "hash" and type_ in _WHOLE:
        digits = f"left(sha256({SALT} || CAST({name} AS VARCHAR)), {_WHOLE[type_]})"
        return Masked(f"CAST('0x' || {digits} AS {type_})", salted=True)
    if mask == "last4" and _TEXT.match(type_):
        shown = f"CASE WHEN length({name}) > {_SHOWN} THEN '***' || right({name}, {_SHOWN}) ELSE '***' END"
        return Masked(f"CASE WHEN {name} IS NOT NULL THEN {shown} END")
    if mask == "year" and _TIME.match(type_):
        return Masked(f"CAST(date_trunc('year', {name}) AS {type_})")
    if mask.startswith("bucket:") and not _TEXT.match(type_) and not _TIME.match(type_):
        size = int(mask.partition(":")[2])
        return Masked(f"CAST(floor({name} / {size}) * {size} AS {type_})")
    return Masked(f"CAST(NULL AS {type_})")
