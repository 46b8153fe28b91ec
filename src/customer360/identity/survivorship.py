"""Choose the value of each attribute that survives of a person's records, and keep its origin and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from customer360.errors import UnknownName
from customer360.identity.words import JUNK_MAIL_NAMES
from customer360.names import quoted

RULES: dict[str, str] = {
    "source_priority": "priority",
    "recency": "updated DESC NULLS LAST",
    "frequency": "frequency DESC",
    "completeness": "length(CAST(value AS VARCHAR)) DESC",
    "earliest": "value",
    "latest": "value DESC",
}
"""Name of a rule -> how candidates are sorted, best first. Ties go to the next rule, then to system and record id."""

DEFAULT = ("source_priority", "recency", "frequency", "completeness")
DEFAULTS = {"registration_date": ("earliest",), "date_of_birth": ("frequency", "source_priority", "recency")}
_NOT_ATTRIBUTES = {"system", "record_id", "updated_at"}


def survive(
    records: pa.Table,
    xref: pa.Table,
    *,
    priority: Sequence[str] = (),
    rules: Mapping[str, Sequence[str]] | None = None,
) -> tuple[pa.Table, pa.Table]:
    """Return golden rows (customer_id and every attribute of the records) and their origin.

    ``records``: system, record_id, attributes, updated_at; ``xref``: system, record_id, customer_id, one row a record.
    The origin has one row per customer and attribute with a value: customer_id, attribute, system, record_id, rule.
    ``rules`` gives attributes other rules than the defaults. Errors: UnknownName for a rule that does not exist.
    """
    import duckdb

    attributes = [name for name in records.column_names if name not in _NOT_ATTRIBUTES]
    chosen = {**DEFAULTS, **check_rules(rules or {})}
    with duckdb.connect() as connection:
        connection.register("records", records)
        connection.register("xref", xref)
        order = pa.table(
            {"system": pa.array(priority, pa.string()), "priority": pa.array(range(len(priority)), pa.int64())}
        )
        connection.register("priorities", order)
        updated = "CAST(updated_at AS TIMESTAMP)" if "updated_at" in records.column_names else "CAST(NULL AS TIMESTAMP)"
        connection.execute(
            f"CREATE TABLE candidate AS SELECT x.customer_id, r.*, {updated} AS updated,"
            f" coalesce(p.priority, {len(priority)}) AS priority"
            " FROM records AS r JOIN xref AS x USING (system, record_id) LEFT JOIN priorities AS p USING (system)"
        )
        connection.execute("CREATE TABLE golden AS SELECT DISTINCT customer_id FROM xref")
        connection.execute(
            "CREATE TABLE origin"
            " (customer_id VARCHAR, attribute VARCHAR, system VARCHAR, record_id VARCHAR, rule VARCHAR)"
        )
        for attribute in attributes:
            _choose(connection, attribute, tuple(chosen.get(attribute, DEFAULT)))
        golden = connection.execute("FROM golden ORDER BY customer_id").to_arrow_table()
        origin = connection.execute("FROM origin ORDER BY customer_id, attribute").to_arrow_table()
    return golden, origin


def check_rules(rules: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return the rules by attribute. Errors: UnknownName for one that does not exist."""
    for attribute, names in rules.items():
        for name in names:
            if name not in RULES:
                raise UnknownName(f"survivorship rule (of {attribute})", name, list(RULES))
    return rules


def _choose(connection: object, attribute: str, rules: tuple[str, ...]) -> None:
    """Add one attribute to ``golden`` and where its values came from to ``origin``."""
    junk = ", ".join(f"'{name}'" for name in JUNK_MAIL_NAMES)
    real = (
        f"AND regexp_replace(lower(split_part(value, '@', 1)), '[^a-z0-9]', '', 'g') NOT IN ({junk})"
        if attribute == "email"
        else ""
    )
    order = ", ".join(RULES[name] for name in rules)
    column = quoted(attribute)
    connection.execute(  # type: ignore[attr-defined]
        f"""
        CREATE OR REPLACE TEMP TABLE winner AS
        SELECT customer_id, value, system, record_id, several FROM (
          SELECT *, count(*) OVER (PARTITION BY customer_id, value) AS frequency,
            min(value) OVER (PARTITION BY customer_id)
              IS DISTINCT FROM max(value) OVER (PARTITION BY customer_id) AS several
          FROM (SELECT customer_id, system, record_id, updated, priority, {column} AS value FROM candidate)
          WHERE value IS NOT NULL {real}
        ) QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY {order}, system, record_id) = 1
        """
    )
    connection.execute(  # type: ignore[attr-defined]
        f"INSERT INTO origin SELECT customer_id, '{attribute}', system, record_id,"
        f" CASE WHEN several THEN '{', '.join(rules)}' ELSE 'only value' END FROM winner"
    )
    connection.execute(  # type: ignore[attr-defined]
        f"CREATE OR REPLACE TABLE golden AS SELECT g.*, w.value AS {column} FROM golden AS g"
        " LEFT JOIN winner AS w USING (customer_id)"
    )
