"""Stars that PostgreSQL does not know become the columns they stand for, wherever that is sure."""

from __future__ import annotations

import pytest
import sqlglot

from customer360.engines.postgres_stars import spelled_out
from customer360.names import Relation

COLUMNS = {Relation("crm", "customer"): ["id", "Name", "email"]}


@pytest.mark.parametrize(
    ("sql", "becomes"),
    [
        (
            "SELECT * REPLACE (upper(name) AS name) FROM crm.customer WHERE id > 1",
            'SELECT "id" AS "id", UPPER(name) AS "Name", "email" AS "email" FROM crm.customer WHERE id > 1',
        ),
        ("SELECT * EXCLUDE (email, NAME) FROM crm.customer", 'SELECT "id" AS "id" FROM crm.customer'),
        (
            "WITH c AS (SELECT * EXCLUDE (id) REPLACE (NULL AS email) FROM crm.customer) SELECT * FROM c",
            'WITH c AS (SELECT "Name" AS "Name", NULL AS "email" FROM crm.customer) SELECT * FROM c',
        ),
        ("SELECT *, 1 AS n FROM crm.customer", None),
        ("SELECT * EXCLUDE (id) FROM crm.unknown", None),
        ("SELECT * EXCLUDE (id) FROM crm.customer JOIN crm.customer AS o ON true", None),
        ("SELECT * EXCLUDE (id) FROM (SELECT 1 AS id) AS t", None),
    ],
)
def test_only_stars_of_one_known_table_are_spelled_out(sql: str, becomes: str | None) -> None:
    found = spelled_out(sqlglot.parse_one(sql, read="duckdb"), COLUMNS.get).sql(dialect="duckdb")
    assert found == (becomes or sqlglot.parse_one(sql, read="duckdb").sql(dialect="duckdb"))
