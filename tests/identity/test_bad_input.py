"""Odd tables get clear answers, and none makes time or memory explode."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from customer360.errors import UnknownName
from customer360.identity import resolve
from customer360.identity.failures import IdentityError, RecordsMalformed


def test_no_usable_column_is_said():
    with pytest.raises(RecordsMalformed, match="tells people apart"):
        resolve(pa.table({"record_id": ["a"], "shoe_size": ["42"]}))


def test_a_missing_id_is_said():
    with pytest.raises(RecordsMalformed, match="record_id"):
        resolve(pa.table({"email": ["a@b.com"]}))
    with pytest.raises(RecordsMalformed, match="1 records have no record_id"):
        resolve(pa.table({"record_id": ["a", None], "email": ["a@b.com", "c@d.com"]}))


def test_a_repeated_id_is_said_without_its_value():
    with pytest.raises(RecordsMalformed, match="1 rows carry one") as raised:
        resolve(pa.table({"record_id": ["secret", "secret"], "email": ["a@b.com", "c@d.com"]}))
    assert "secret" not in str(raised.value)


def test_unknown_columns_roles_and_settings_are_said():
    records = pa.table({"record_id": ["a"], "mail": ["a@b.com"]})
    with pytest.raises(UnknownName, match="mali"):
        resolve(records, mapping={"mali": "email"})
    with pytest.raises(UnknownName, match="emial"):
        resolve(records, mapping={"mail": "emial"})
    with pytest.raises(UnknownName, match="link_probability"):
        resolve(records, mapping={"mail": "email"}, settings={"link_probabilty": 0.9})
    with pytest.raises(IdentityError, match="must rise"):
        resolve(records, mapping={"mail": "email"}, settings={"review_probability": 0.99})


def test_all_null_records_stay_alone():
    none = pa.nulls(50, pa.string())
    found = resolve(pa.table({"record_id": [str(n) for n in range(50)], "email": none, "last_name": pa.nulls(50)}))
    assert len(set(found["person_id"].to_pylist())) == 50


def test_no_and_one_record():
    empty = pa.table({"record_id": pa.array([], pa.string()), "email": pa.array([], pa.string())})
    assert resolve(empty).num_rows == 0
    found = resolve(pa.table({"record_id": [7], "email": ["a@b.com"]}))
    assert found.to_pylist()[0]["linked_by"] == "own record"
    assert found["record_id"].to_pylist() == ["7"]


def test_ten_thousand_identical_records_are_one_person():
    count = 10_000
    began = time.process_time()
    found = resolve(
        pa.table(
            {
                "record_id": [f"r{n}" for n in range(count)],
                "first_name": ["Ada"] * count,
                "last_name": ["Abbott"] * count,
                "email": ["ada@mail.example.com"] * count,
                "phone": ["+44 20 7946 0000"] * count,
            }
        )
    )
    assert set(found["records"].to_pylist()) == {count}
    assert time.process_time() - began < 30


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=pytest.mark.full)])
def test_one_phone_shared_by_many_links_nobody(count):
    began = time.process_time()
    found = resolve(
        pa.table(
            {
                "record_id": [f"r{n}" for n in range(count)],
                "first_name": [f"{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}nna" for n in range(count)],
                "last_name": [
                    f"{'abcdefghij'[n // 100 % 10]}{'klmnopqrst'[n // 1000 % 10]}{'abcdefghijklmnopqrstuvwxyz'[n // 10_000]}son"
                    for n in range(count)
                ],
                "phone": ["+1 212 555 0100"] * count,
            }
        )
    )
    assert len(set(found["person_id"].to_pylist())) == count
    assert time.process_time() - began < 60


def test_placeholders_link_nobody():
    junk = ["none@example.com", "NoEmail@example.com", "test@test.com", "n/a", "", "unknown", "customer@example.com"]
    rows = [
        {"record_id": f"{n}-{m}", "first_name": first, "last_name": "Miller", "email": email, "phone": phone}
        for n, email in enumerate(junk)
        for m, (first, phone) in enumerate([("Ruth", "0000000000"), ("Ruth", "1111111111")])
    ]
    found = resolve(pa.Table.from_pylist(rows))
    assert len(set(found["person_id"].to_pylist())) == len(rows)


def test_other_scripts_keep_their_letters():
    rows = [
        {"record_id": "1", "full_name": "Мария Иванова", "email": "maria.ivanova@mail.example.com"},
        {"record_id": "2", "full_name": "МАРИЯ ИВАНОВА", "email": "Maria.Ivanova@mail.example.com"},
        {"record_id": "3", "full_name": "李 娜", "email": "li.na.88@mail.example.com"},
        {"record_id": "4", "full_name": "José Ñíguez", "email": "jose.n@mail.example.com"},
        {"record_id": "5", "full_name": "Jose Niguez", "email": "jose.n@mail.example.com"},
    ]
    person = dict(zip("12345", resolve(pa.Table.from_pylist(rows))["person_id"].to_pylist(), strict=True))
    assert person["1"] == person["2"]
    assert person["4"] == person["5"]
    assert len(set(person.values())) == 3


def test_birth_dates_after_the_as_of_date_are_no_evidence():
    rows = [
        {"record_id": str(n), "first_name": "Ada", "last_name": "Abbott", "date_of_birth": "2090-01-05"}
        for n in range(2)
    ]
    found = resolve(pa.Table.from_pylist(rows), settings={"as_of": __import__("datetime").date(2024, 11, 30)})
    assert len(set(found["person_id"].to_pylist())) == 2
