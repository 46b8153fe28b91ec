"""Nothing that somebody types reaches past the ports: not other tables, hidden rows, masked values, files or settings."""

from __future__ import annotations

import hashlib
import itertools
import random
from typing import TYPE_CHECKING

import duckdb
import pytest
from tests.governance.conftest import OPERATOR

from customer360.errors import C360Error, NotPermitted, QueryError
from customer360.governance.guard import IMPURE, IMPURE_PREFIX, Rewritten
from customer360.semantic.principal import LOCAL, Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

SECRETS = ("secretmail", "Secretname", "secretpay", "codeCA", "codeMX", "+1555", "$argon2", "C360_")
"""Pieces of what ida may not see: personal values, other countries' codes, private and unoffered tables."""


@pytest.fixture
def ida(people: Workspace) -> Principal:
    """Ida may read customers with masks, and her own country's sales."""
    people.governance.access.grant("crm.customer", "ida", by=OPERATOR)
    people.governance.access.grant("sales.by_country", "ida", by=OPERATOR)
    return people.governance.principal(people.governance.accounts.named("ida"))


def test_each_mask_hides_and_keeps_the_type(people: Workspace, ida: Principal) -> None:
    sql = "SELECT * FROM crm.customer ORDER BY customer_id"
    clear, seen = people.sql(sql).to_pylist(), people.sql(sql, principal=ida).to_pylist()
    assert people.sql(sql).schema == people.sql(sql, principal=ida).schema
    for before, after in zip(clear, seen, strict=True):
        assert after["full_name"] is None
        assert len(after["email"]) == 32
        assert after["phone"] == "***" + before["phone"][-4:]
        assert after["birth_date"] == before["birth_date"].replace(month=1, day=1)
        assert after["income"] == before["income"] // 10_000 * 10_000
        assert after["country"] == before["country"]
    assert len({row["email"] for row in seen}) == len({row["member_no"] for row in seen}) == 90
    assert not {row["member_no"] for row in seen} & {row["member_no"] for row in clear}


def test_hashes_join_and_cannot_be_computed_without_the_secret(people: Workspace, ida: Principal) -> None:
    joined = "SELECT count(*) AS n FROM crm.customer a JOIN crm.customer b ON a.email = b.email"
    assert people.sql(joined, principal=ida)["n"].to_pylist() == [90]
    guess = "SELECT count(*) AS n FROM crm.customer WHERE email IN (left(sha256('secretmail4@harbour.example'), 32))"
    assert people.sql(guess, principal=ida)["n"].to_pylist() == [0]
    known = "SELECT count(*) AS n FROM crm.customer WHERE email = 'secretmail4@harbour.example'"
    assert people.sql(known, principal=ida)["n"].to_pylist() == [0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT crm.customer.email FROM crm.customer",
        "SELECT customer.email FROM crm.customer",
        'SELECT C.EMAIL FROM "crm"."customer" AS C',
        "FROM CRM.CUSTOMER SELECT email",
        "SELECT customer FROM crm.customer",
        "WITH customer AS (SELECT * FROM crm.customer) SELECT email FROM customer",
        "SELECT x.email FROM (SELECT * FROM crm.customer UNION ALL SELECT * FROM crm.customer) AS x",
        "SELECT (SELECT max(email) FROM crm.customer) AS m",
        "SELECT string_agg(email, ',') AS m FROM crm.customer",
        "SELECT * FROM crm.customer a POSITIONAL JOIN crm.customer b",
        "SELECT list(c) AS m FROM crm.customer c",
        "SELECT COLUMNS('email|full.*') FROM crm.customer",
        "SELECT * EXCLUDE (country) FROM crm.customer",
        "SELECT to_json(c) AS j FROM crm.customer AS c",
        "SELECT email FROM crm.customer /* x */ -- y\n",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r, crm.customer",
        "SELECT * FROM crm.customer WHERE EXISTS (SELECT 1 FROM crm.customer AS other WHERE other.email = customer.email)",
        "SELECT * FROM range(3) AS t(i), LATERAL (SELECT email FROM crm.customer LIMIT 1) AS l",
        "(SELECT email FROM crm.customer)",
        "SELECT email FROM crm.customer WHERE email LIKE '%@%' OR true",
    ],
)
def test_every_way_to_write_a_table_shows_it_masked(people: Workspace, ida: Principal, sql: str) -> None:
    table = people.sql(sql, principal=ida)
    assert table.num_rows > 0
    assert not [secret for secret in SECRETS if secret in str(table.to_pylist())]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM hr.pay",
        "SELECT * FROM sales.working",
        "SELECT * FROM sales.sale",
        "SELECT * FROM raw_shop.orders",
        "SELECT * FROM c360.load_log",
        "SELECT * FROM lake.crm.customer",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM pragma_table_info('crm.customer')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_parquet('**/*.parquet')",
        "SELECT * FROM query('SELECT * FROM hr.pay')",
        "SELECT * FROM query_table('hr.pay')",
        "SELECT * FROM sqlite_scan('warehouse/catalog.sqlite', 'x')",
        "SELECT current_setting('allowed_directories')",
        "SELECT getvariable('x')",
        "SELECT getenv('HOME')",
        "SELECT stats(code) FROM sales.by_country",
        "SELECT current_query()",
        "SELECT now()",
        "SELECT current_date",
        "SELECT random()",
        "SELECT $1 FROM crm.customer",
        "SELECT ? FROM crm.customer",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "PRAGMA database_list",
        "SET threads = 1",
        "INSTALL httpfs",
        "CREATE TABLE x AS SELECT 1",
        "DELETE FROM crm.customer",
        "DESCRIBE crm.customer; SELECT 1",
        "SELECT 1; SELECT * FROM hr.pay",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE SELECT * FROM crm.customer",
        "WITH granted__crm__customer AS (SELECT 1) SELECT * FROM granted__crm__customer",
        'SELECT * FROM crm.customer AS "granted__crm__customer"',
        "SELECT * FROM (DESCRIBE hr.pay)",
        "SELECT * FROM (SUMMARIZE hr.pay)",
        "SELECT * FROM (SUMMARIZE crm.customer)",
        'SELECT * FROM "crm.customer"',
        "SELECT json_serialize_plan('SELECT * FROM hr.pay')",
        "",
        "SELECT",
        "(" * 3000,
    ],
)
def test_what_is_no_query_over_ports_is_refused(people: Workspace, ida: Principal, sql: str) -> None:
    with pytest.raises((QueryError, NotPermitted)):
        people.sql(sql, principal=ida)


def test_a_condition_cannot_tell_hidden_rows_by_failing(people: Workspace, ida: Principal) -> None:
    """Casting fails on 'codeCA'; were it evaluated on hidden rows, the error would tell that they are there."""
    sql = "SELECT count(*) AS n FROM sales.by_country WHERE CASE WHEN code = 'codeCAx' THEN CAST(code AS INTEGER) ELSE 1 END = 1"
    assert people.sql(sql, principal=ida)["n"].to_pylist() == [1]
    with pytest.raises(C360Error):
        people.sql(sql)  # the owner sees the row, so there the cast fails


def test_an_answer_of_one_is_not_remembered_for_another(people: Workspace, ida: Principal) -> None:
    query = {"metrics": ["first_mail"]}
    owner = people.query(query)
    assert owner["first_mail"][0].as_py().startswith("secretmail")
    people.governance.access.grant("sales.sale", "ida", by=OPERATOR)
    for who in (LOCAL, ida, LOCAL):
        assert not people.query(query, principal=who)["first_mail"][0].as_py().startswith("secretmail")
    assert people.query(query) == owner


def test_every_function_of_duckdb_that_is_not_pure_is_refused() -> None:
    """A new version of DuckDB that brings one more makes this fail."""
    rows = (
        duckdb.connect()
        .execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IS NOT NULL AND stability <> 'CONSISTENT'"
        )
        .fetchall()
    )
    names = {row[0] for row in rows}
    assert len(names) > 20
    assert not {name for name in names if name not in IMPURE and not IMPURE_PREFIX.match(name)}


HARMLESS = 0.1
"""The share of texts over granted tables in plain words: they must be answered, or all is simply broken."""


def hostile(rng: random.Random) -> Iterator[str]:
    """Yield texts that try to get past: a target, wrapped in the tricks of the trade."""
    targets = [
        "hr.pay", "sales.working", "crm.customer", "sales.by_country", "sales.sale", "lake.hr.pay", '"hr"."pay"', "hr . pay",
        "HR.Pay", "'/etc/passwd'", "read_text('/etc/passwd')", "read_blob('*')", "duckdb_secrets()", "duckdb_columns()",
        "information_schema.columns", "pg_catalog.pg_class", "main.pay", "sqlite_master", "glob('*')", "read_csv_auto('x')",
        "parquet_metadata('*.parquet')", "query('FROM hr.pay')", "ducklake_snapshots('lake')", "hr.pay AT (VERSION => 1)",
        "sales.by_country AT (VERSION => 1)", "(VALUES (1))", "range(2)", "unnest([1])",
        '"HR"."PAY"', 'hr."pay"', '"hr.pay"', "hr/**/./**/pay", "\uff48\uff52.pay", "hr.p\u0430y", "hr\u200b.pay", "(TABLE hr.pay)",
        "(FROM hr.pay)", "query_table('hr.pay')", "seq_scan('hr.pay')", "summary(hr.pay)", "'file:///etc/passwd'",
        "'http://127.0.0.1:9/x.csv'", "'s3://bucket/x.parquet'", "read_json('/etc/passwd')", "read_ndjson_objects('*')",
        "sqlite_scan('state/governance.sqlite', 'account')", "'state/governance.sqlite'", "'warehouse/catalog.sqlite'",
        "postgres_scan('host=127.0.0.1', 'public', 't')", "iceberg_scan('x')", "delta_scan('x')", "duckdb_settings()",
        "duckdb_functions()", "duckdb_temporary_files()", "pragma_database_list()", "pg_catalog.pg_settings",
        "which_secret('x', 's3')", "test_all_types()", "arrow_scan(1, 2, 3)", "parquet_schema('**/*.parquet')",
    ]  # fmt: skip
    columns = ["*", "t.*", "person", "email", "code", "max(code)", "t", "count(*)", "COLUMNS(*)", "rowid", "filename",
               "struct_pack(a := t)", "to_json(t)", "first(t)", "(SELECT max(person) FROM hr.pay)",
               "(SELECT code FROM sales.by_country WHERE country <> 'US' LIMIT 1)", "current_setting('home_directory')",
               "getenv('PATH')", "stats(t)", "1 AS granted__x", "list(t)", 't."EMAIL"', "t['email']", "CAST(email AS INTEGER)", "error(email)",
               "getvariable('x')", "current_user", "version()", "current_query()", "today()", "CAST(t AS INTEGER[])",
               "'a' || (SELECT string_agg(person, ',') FROM hr.pay)", "(SELECT content FROM read_text('/etc/passwd'))",
               "(SELECT list(code) FROM sales.by_country AT (VERSION => 1))", "1 / (CASE WHEN email > 'a' THEN 0 ELSE 1 END)",
               "regexp_extract(email, '.*')", "COLUMNS(c -> c LIKE '%mail')", "\u217dode", '"full_name"', "$1", "?"]  # fmt: skip
    shapes = [
        "SELECT {c} FROM {t} AS t", "FROM {t} AS t SELECT {c}", "WITH x AS (SELECT {c} FROM {t} AS t) SELECT * FROM x",
        "SELECT * FROM (SELECT {c} FROM {t} AS t) AS y", "SELECT 1 AS a UNION ALL BY NAME SELECT {c} FROM {t} AS t",
        "SELECT {c} FROM crm.customer AS c, {t} AS t", "SELECT {c} FROM {t} AS t LEFT JOIN {u} AS u ON true",
        "SELECT * FROM {u} AS u WHERE EXISTS (SELECT {c} FROM {t} AS t)", "SELECT (SELECT {c} FROM {t} AS t LIMIT 1) AS v",
        "WITH RECURSIVE r AS (SELECT {c} FROM {t} AS t UNION ALL SELECT * FROM r) SELECT * FROM r LIMIT 5",
        "SELECT {c} /* ; */ FROM {t} AS t -- ;", "PIVOT {t} ON country", "SUMMARIZE {t}", "DESCRIBE {t}", "TABLE {t}",
        "SELECT * FROM (PIVOT {t} ON country USING count(*))", "SELECT {c} FROM {t} AS t; DROP TABLE crm.customer",
        "EXPLAIN SELECT {c} FROM {t} AS t", "COPY (SELECT {c} FROM {t} AS t) TO 'out.csv'", "SELECT {c} FROM {t} t TABLESAMPLE 50%",
        "SELECT {c} FROM {t} AS t QUALIFY row_number() OVER () < 9", "SELECT [x FOR x IN (SELECT list({c}) FROM {t} AS t)] AS z",
        "WITH crm AS (SELECT 1), customer AS (SELECT {c} FROM {t} AS t) SELECT * FROM customer",
        'WITH "granted__crm__customer" AS (SELECT {c} FROM {t} AS t) SELECT * FROM crm.customer',
        "SELECT {c} FROM {t} AS t ORDER BY (SELECT max(code) FROM sales.by_country)", "VALUES ((SELECT {c} FROM {t} AS t))",
        "SELECT {c} FROM {t} AS t GROUP BY ALL HAVING count(*) > (SELECT count(*) FROM {u})",
        "(SELECT {c} FROM {t} AS t) INTERSECT (SELECT * FROM {u})", "SELECT * FROM {t} AS t SEMI JOIN {u} AS u ON t = u",
        "PREPARE p AS SELECT {c} FROM {t} AS t", "EXECUTE p", "SET VARIABLE x = (SELECT {c} FROM {t} AS t)", "USE hr; FROM pay",
        "CREATE MACRO m() AS TABLE SELECT {c} FROM {t} AS t", "CREATE TEMP TABLE x AS SELECT {c} FROM {t} AS t",
        "ATTACH 'state/governance.sqlite' AS g (TYPE sqlite); SELECT * FROM g.account", "INSTALL httpfs", "LOAD httpfs",
        "PRAGMA table_info('hr.pay')", "PRAGMA database_list", "CALL pragma_version()", "EXPORT DATABASE 'out'", "CHECKPOINT",
        "SELECT {c} FROM {t} AS t, LATERAL (SELECT {c} FROM {u} AS v) AS z", "FROM (FROM {t}) AS t SELECT {c}",
        "SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT {c} FROM {t} AS t) AS a) AS b) AS d",
        "/* {t} */ SELECT {c} FROM /* ' */ {t} AS t", "SELECT {c} FROM {t} AS t -- \n; SELECT * FROM hr.pay",
        "UNPIVOT {t} ON COLUMNS(*) INTO NAME n VALUE v", "SELECT {c} FROM {t} AS t ASOF JOIN {u} AS u ON t.day >= u.day",
        "WITH x AS MATERIALIZED (SELECT {c} FROM {t} AS t), y AS (TABLE x) SELECT * FROM y", "DESCRIBE SELECT {c} FROM {t} AS t",
        "SELECT {c} FROM {t} AS t LIMIT (SELECT count(*) FROM {u})", "SELECT CAST({c} AS INTEGER) FROM {t} AS t",
        "SELECT CASE WHEN (SELECT count(*) FROM {u}) > 0 THEN 1 // 0 END AS v FROM {t} AS t", "SELECT error({c}) FROM {t} AS t",
        "SELECT count(*) FROM {t} AS t GROUP BY GROUPING SETS (({c}), ())", "INSERT INTO crm.customer SELECT {c} FROM {t} AS t",
        "SELECT list_transform([1], x -> (SELECT {c} FROM {t} AS t LIMIT 1)) AS z", "EXPLAIN ANALYZE SELECT {c} FROM {t} AS t",
        "SELECT {c} FROM {t} AS t WINDOW w AS (ORDER BY (SELECT max(person) FROM hr.pay))", "UPDATE crm.customer SET email = 'x'",
        "WITH RECURSIVE r(n) USING KEY (n) AS (SELECT 1 UNION SELECT n FROM r) SELECT {c} FROM r, {t} AS t",
    ]  # fmt: skip
    every = list(itertools.product(shapes, columns, targets))
    rng.shuffle(every)
    for shape, column, target in every:
        if rng.random() < HARMLESS:
            own = rng.choice(["crm.customer", "sales.by_country"])
            yield rng.choice(shapes[:9]).format(c=rng.choice(["*", "count(*)", "t.*"]), t=own, u=own)
        else:
            yield disguised(rng, shape.format(c=column, t=target, u=rng.choice(targets)))


def disguised(rng: random.Random, sql: str) -> str:
    """Return the text as it is, or with other blanks, comments, letters or signs in it."""
    ways = [
        lambda text: text,
        lambda text: text.replace(" ", rng.choice(["\n", "\t", "/**/", " /* ' */ ", " -- x\n", "\u00a0", "\u2003"])),
        lambda text: "".join(rng.choice([letter.upper(), letter.lower()]) for letter in text),
        lambda text: f"{text};", lambda text: f"({text})", lambda text: f"\ufeff{text}", lambda text: f"{text}\x00",
        lambda text: text.replace(".", rng.choice([" . ", "./**/", "\uff0e"])), lambda text: text.replace("'", '"'),
    ]  # fmt: skip
    return str(rng.choices(ways, [6, 2, 2, 1, 1, 1, 1, 1, 1])[0](sql))


@pytest.mark.parametrize("size", [300, pytest.param(10_000, marks=pytest.mark.full)])
def test_hostile_texts_get_nothing(people: Workspace, ida: Principal, size: int) -> None:
    texts = list(itertools.islice(hostile(random.Random(20_260_105)), size))
    assert len(texts) == size
    answered = 0
    for sql in texts:
        try:
            found = str(people.sql(sql, principal=ida).to_pylist())
        except C360Error as error:
            found = str(error)
        else:
            answered += 1
        assert not [secret for secret in SECRETS if secret in found], sql
        assert "root:x" not in found, sql
    assert answered > size / 30  # the harmless ones among them are answered, so not everything is simply broken
    assert people.governance.state.verify()[0] > size / 10


def test_a_rewritten_query_is_remembered_for_those_who_may_see_the_same(people: Workspace) -> None:
    sql = "SELECT email FROM crm.customer"
    governance = people.governance
    given = governance.access.grant("crm.customer", "ida", by=OPERATOR)
    ida = governance.principal(governance.accounts.named("ida"))
    remembered = Rewritten(size=2)
    first = remembered.query(sql, governance.entitlements(ida))
    again = remembered.query(sql, governance.entitlements(ida))
    assert (again.sql, again.relations, again.parameters) == (first.sql, first.relations, (governance.state.salt(),))
    governance.access.grant("crm.customer", "ida", by=OPERATOR, row_filter="country = 'US'")
    governance.access.revoke(given.id, by=OPERATOR)
    some = remembered.query(sql, governance.entitlements(ida))
    assert "'US'" in some.sql
    assert some.sql != first.sql
    governance.access.revoke(given.id + 1, by=OPERATOR)
    with pytest.raises(NotPermitted):
        remembered.query(sql, governance.entitlements(ida))
    assert not [part for kept in remembered._kept.values() for part in kept.parameters]  # the secret is not kept


def test_a_hash_of_the_semantic_model_is_keyed_too_and_nobody_can_type_it(people: Workspace) -> None:
    masked = Principal("eve", masks={"customer.country": "hash"}, reads_all=True)
    query = {"metrics": ["customers"], "dimensions": [{"name": "country"}]}
    answer = people.answer(query, principal=masked)
    salt = people.governance.state.salt()
    expected = {hashlib.sha256(f"{salt}{name}".encode()).hexdigest()[:32] for name in ("US", "CA", "MX")}
    assert set(answer.table["country"].to_pylist()) == expected
    assert salt not in answer.sql
    with pytest.raises(QueryError):
        people.sql("SELECT c360_hash('US') AS guess", principal=masked)
