from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer360.errors import C360Error, UnknownName
from customer360.star.keys import LARGEST_KEY, surrogate_keys

PARAMETERS = {"business_key": "customer_id", "surrogate_key": "customer_key"}
AS_OF = date(2024, 11, 30)
NAMES = st.lists(st.text(max_size=5), max_size=30)


def keyed(*batches: list[str | None]) -> dict[str, int]:
    """Give keys to one batch after the other, each time handing over the table made before."""
    table: pa.Table | None = None
    for batch in batches:
        inputs = {"members": pa.table({"customer_id": pa.array(batch, pa.string())})}
        if table is not None:
            inputs["previous"] = table
        table = surrogate_keys(inputs, PARAMETERS, as_of=AS_OF)
    assert table is not None
    assert table.schema.field("customer_key").type == pa.int32()
    return dict(zip(table["customer_id"].to_pylist(), table["customer_key"].to_pylist(), strict=True))


def test_new_members_are_numbered_in_the_order_of_their_business_key() -> None:
    assert keyed(["b", "a", "c", "a"]) == {"a": 1, "b": 2, "c": 3}


def test_a_member_keeps_its_key_when_others_come_before_it_in_the_alphabet() -> None:
    assert keyed(["m", "z"], ["a", "m", "z"]) == {"m": 1, "z": 2, "a": 3}


def test_a_member_that_went_keeps_its_key_and_gets_it_again_when_it_returns() -> None:
    assert keyed(["a", "b"], ["b"], ["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}


def test_nobody_gets_no_key() -> None:
    assert keyed([None, "a", None]) == {"a": 1}
    assert keyed([]) == {}


@given(first=NAMES, second=NAMES)
def test_keys_are_unique_stable_and_independent_of_row_order(first: list[str], second: list[str]) -> None:
    before, after = keyed(first), keyed(first, second)
    assert before.items() <= after.items()
    assert sorted(after.values()) == list(range(1, len(set(first) | set(second)) + 1))
    assert keyed(list(reversed(first)), list(reversed(second))) == after


def test_keys_that_a_32_bit_integer_cannot_hold_are_refused() -> None:
    previous = pa.table({"customer_id": ["a"], "customer_key": pa.array([LARGEST_KEY], pa.int32())})
    members = pa.table({"customer_id": ["a", "b"]})
    with pytest.raises(C360Error, match="run out of numbers"):
        surrogate_keys({"members": members, "previous": previous}, PARAMETERS, as_of=AS_OF)


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"customer_id.*Did you mean 'customer_ids'"):
        surrogate_keys({"members": pa.table({"customer_ids": ["a"]})}, PARAMETERS, as_of=AS_OF)
