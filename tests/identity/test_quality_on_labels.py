"""Precision and recall on labelled records, with untouched settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.identity.conftest import FEBRL, febrl, quality

from customer360.identity import resolve
from customer360.synthetic import people, truth
from customer360.synthetic.company import Company
from customer360.synthetic.shopflow import ShopFlow


@pytest.mark.parametrize("number", [1, 2])
def test_febrl_is_resolved_with_precision_99_and_recall_97(number):
    records = febrl(number)
    found = resolve(records, mapping=FEBRL)
    precision, recall = quality(found, {each: each.split("-")[1] for each in records["record_id"].to_pylist()})
    assert precision >= 0.99
    assert recall >= 0.97


def test_febrl_without_the_national_id_stays_precise():
    records = febrl(1)
    mapping = {column: role for column, role in FEBRL.items() if role != "national_id"}
    found = resolve(records, mapping=mapping)
    precision, recall = quality(found, {each: each.split("-")[1] for each in records["record_id"].to_pylist()})
    assert precision >= 0.99
    assert recall >= 0.90


def with_addresses(count: int) -> None:
    table = people.table(Company(customers=1_000), count)
    found = resolve(table.drop_columns(["person_id", "household_id"]))
    real = dict(zip(table["record_id"].to_pylist(), table["person_id"].to_pylist(), strict=True))
    precision, recall = quality(found, real)
    assert precision >= 0.98
    assert recall >= 0.92
    mixed: dict[str, set[int]] = {}
    for record, person in zip(found["record_id"].to_pylist(), found["person_id"].to_pylist(), strict=True):
        mixed.setdefault(person, set()).add(real[record])
    sizes = Counter(found["person_id"].to_pylist())
    assert max((sizes[person] for person, owners in mixed.items() if len(owners) > 1), default=0) <= 12


def test_people_with_addresses_and_birth_dates_are_found():
    with_addresses(4_000)


@pytest.mark.full
def test_many_people_with_addresses_and_birth_dates_are_found():
    with_addresses(100_000)


def shopflow(customers: int, note: Callable[[str, object], None]) -> None:
    """Note raw recall, of pairs that no evidence links too, beside what is asked of the linkable ones."""
    company = ShopFlow.of(customers)
    found = resolve(shopflow_records(company))
    real = truth.people(company)
    names = pc.binary_join_element_wise(real["system"].cast(pa.string()), real["source_id"], ":").to_pylist()
    precision, raw_recall = quality(found, dict(zip(names, real["person_id"].to_pylist(), strict=True)))
    person = dict(zip(found["record_id"].to_pylist(), found["person_id"].to_pylist(), strict=True))
    can = truth.tables(company)["linkable_pairs"].to_pylist()
    linked = sum(
        person[f"{p['system_a']}:{p['source_id_a']}"] == person[f"{p['system_b']}:{p['source_id_b']}"] for p in can
    )
    note("records", found.num_rows)
    note("precision", precision)
    note("recall of linkable pairs", linked / len(can))
    note("raw recall", raw_recall)
    assert precision >= 0.985
    assert linked / len(can) >= 0.93


def shopflow_records(company: ShopFlow) -> pa.Table:
    parts = []
    for system, table, key in (
        ("shop", "customers", "customer_id"),
        ("crm", "crm_customers", "id"),
        ("cdp", "customer_info", "customer_id"),
        ("care", "customers", "customer_id"),
    ):
        rows = next(company.systems[system][table]())
        ids = pc.binary_join_element_wise(pa.scalar(system), rows[key].cast(pa.string()), ":")
        wanted = {
            "first_name",
            "last_name",
            "customer_name",
            "email",
            "phone",
            "phone_number",
            "date_of_birth",
            "city",
            "country",
        }
        columns = {name: rows[name].cast(pa.string()) for name in rows.column_names if name in wanted}
        renamed = {{"customer_name": "full_name", "phone_number": "phone"}.get(n, n): c for n, c in columns.items()}
        parts.append(pa.table({"record_id": ids, **renamed}))
    return pa.concat_tables(parts, promote_options="default")


def test_shopflow_people_are_found_across_four_systems(record_property):
    shopflow(2_800, record_property)


@pytest.mark.full
def test_many_shopflow_people_are_found_across_four_systems(record_property):
    shopflow(56_000, record_property)


def test_no_household_is_merged():
    """A thousand couples share surname, address and phone, and have their own first names; half lack birth dates."""
    pairs = [("Anna", "Peter"), ("Maria", "Mario"), ("Julia", "Julian"), ("Ruth", "Karl"), ("Daniel", "Daniela")]
    rows = []
    for home in range(1_000):
        for side, first in enumerate(pairs[home % len(pairs)]):
            rows.append(
                {
                    "record_id": f"{home}-{side}",
                    "first_name": first,
                    "last_name": f"Family{chr(97 + home % 26)}{chr(97 + home // 26 % 26)}{chr(97 + home // 676)}",
                    "phone": f"+4930{5_550_000 + home}",
                    "street": f"{home % 90 + 1} Lindenweg",
                    "city": "Berlin",
                    "postcode": f"{10_000 + home}",
                    "date_of_birth": None if home % 2 else f"19{60 + home % 30}-{side * 5 + 1:02d}-{home % 28 + 1:02d}",
                }
            )
    found = resolve(pa.Table.from_pylist(rows))
    assert len(set(found["person_id"].to_pylist())) == 2_000


def test_twins_are_kept_apart_where_there_are_families():
    rows = [
        {"record_id": f"{n}{side}", "first_name": first, "last_name": f"{'ABCDEFGHI'[n]}{'uvwxyzuvw'[n]}ndersen{'klmnopqrs'[n]}", "street": f"{n} Elm Road", "postcode": f"{n:05d}",
         "date_of_birth": "1990-05-06"}
        for n in range(9)
        for side, first in enumerate(("Paul", "Clara"))
    ]  # fmt: skip
    found = resolve(pa.Table.from_pylist(rows))
    assert len(set(found["person_id"].to_pylist())) == 18
