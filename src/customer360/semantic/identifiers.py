"""Write names so that no engine trips over them: quoted when they are reserved or not plain."""

from __future__ import annotations

import re

from sqlglot import exp

_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "asc",
        "between",
        "both",
        "by",
        "case",
        "cast",
        "check",
        "column",
        "cross",
        "date",
        "interval",
        "time",
        "timestamp",
        "current",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "exists",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "in",
        "inner",
        "interval",
        "into",
        "is",
        "join",
        "key",
        "leading",
        "left",
        "like",
        "limit",
        "natural",
        "no",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "over",
        "partition",
        "primary",
        "references",
        "returning",
        "right",
        "row",
        "rows",
        "select",
        "session",
        "set",
        "some",
        "table",
        "then",
        "time",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "values",
        "when",
        "where",
        "window",
        "with",
    ]
)


def identifier(name: str) -> exp.Identifier:
    """Return a name quoted where some engine would trip over it bare."""
    return exp.to_identifier(name, quoted=not _PLAIN.match(name) or name in _RESERVED)


def reference(table: str, name: str) -> exp.Column:
    """Return a physical column of a table alias."""
    return exp.column(identifier(name), table=identifier(table))
