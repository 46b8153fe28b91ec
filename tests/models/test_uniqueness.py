"""Digests prove that values occur once each, whatever the number of rows; only doubt costs a count of the values."""

from __future__ import annotations

from collections import Counter

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.projects import column, contract, land, model, project, source

from customer360.errors import ChecksFailed
from customer360.models.build import build
from customer360.models.quality.uniqueness import MOST_DIGESTS, digest_queries, repeats

DIGESTS = st.lists(st.one_of(st.none(), st.integers(0, 30), st.integers(2**64 - 10, 2**64 - 1)), max_size=20)


@settings(deadline=None)
@given(st.lists(DIGESTS, max_size=4))
def test_a_digest_repeats_exactly_when_a_count_says_so(chunks):
    counted = Counter(value for chunk in chunks for value in chunk if value is not None)
    assert repeats(pa.chunked_array(chunks, pa.uint64())) is any(times > 1 for times in counted.values())


@pytest.mark.parametrize("total", [100, 5 * MOST_DIGESTS])
@pytest.mark.parametrize("twin", [None, 7])
def test_a_repeat_is_found_in_whichever_part_it_lies(total, twin):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT i AS a, 'x' || i AS b FROM range(1000) AS r(i)")
    connection.execute("INSERT INTO t VALUES (NULL, 'x1'), (NULL, 'x1')")
    if twin is not None:
        connection.execute("INSERT INTO t SELECT a, b FROM t WHERE a = $1", [twin])
    queries = list(digest_queries("t", [("a", "b"), ("a",)], "HASH", total))
    found = [connection.execute(query).to_arrow_table() for query in queries]
    assert len(queries) == (1 if total == 100 else 11)
    for key in (0, 1):
        assert any(repeats(part.column(key)) for part in found) is (twin is not None)
        fetched = sum(len(part.column(key)) - part.column(key).null_count for part in found)
        assert fetched == 1000 + (twin is not None), "every value is in one part, rows without a key in none"


def test_keys_of_two_columns_and_unique_columns_of_one_table_are_told_apart(engine):
    land(
        engine,
        "raw_shop.lines",
        "SELECT * FROM (VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'b'), (2, 2, 'b'), (NULL, 1, 'c'), (NULL, 1, 'd')) "
        "AS t(basket, line, code)",
        load=1,
    )
    declared = contract(
        "gold.line",
        [
            column("basket", "INTEGER", primary_key=1),
            column("line", "INTEGER", primary_key=2, unique=True),
            column("code", "VARCHAR", unique=True),
        ],
    )
    lines = model("gold.line", "-- One row per line.\nSELECT l.basket, l.line, l.code FROM raw_shop.lines AS l")
    with pytest.raises(ChecksFailed) as raised:
        build(engine, project(lines, contracts=[declared], sources=(source("shop", "lines"),)))
    found = {r.rule_id: (r.outcome, r.value) for r in raised.value.results}
    assert found["key_unique"] == ("passed", 0), "a key with a NULL part is no key; that is another rule's business"
    assert found["line_unique"] == ("failed", 2)
    assert found["code_unique"] == ("failed", 1)
