"""Tables of people as they come: any names of columns, any types, any script; each gets a clear answer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.identity.conftest import febrl, groups, quality

from customer360.identity import resolve
from customer360.identity.failures import IdentityError, RecordsMalformed
from customer360.identity.normalise import fold

FIRST = ["Ada", "Ruth", "Omar", "Lena", "Ivan"]
LAST = ["Abbott", "Moreno", "Haddad", "Fischer", "Petrov", "Quinn"]


def twice(**columns: pa.Array) -> pa.Table:
    """Return thirty people, each in two records that say the same, with columns replaced or added."""
    person = [n // 2 for n in range(60)]
    made = {
        "record_id": [str(n) for n in range(60)],
        "first_name": [FIRST[p % 5] for p in person],
        "last_name": [LAST[p // 5] for p in person],
        "phone": [f"+1212555{1000 + p}" for p in person],
        "date_of_birth": [f"19{50 + p}-{p % 9 + 1:02d}-{11 + p % 9}" for p in person],
    }
    return pa.table({**made, **columns})


PAIRS = {frozenset((str(n), str(n + 1))) for n in range(0, 60, 2)}
BIRTHDAYS = pa.array([date.fromisoformat(text) for text in twice()["date_of_birth"].to_pylist()])
PHONES = [12125551000 + n // 2 for n in range(60)]


@pytest.mark.parametrize(
    "names",
    [
        ["record_id", "FirstName", "LastName", "PhoneNumber", "DateOfBirth"],
        ["record_id", "FIRST NAME", "Last-Name", "Phone No.", "DOB"],
        ["record_id", "given_name", "surname", "mobile", "birthday"],
    ],
)
def test_usual_names_of_columns_are_understood(names):
    assert groups(resolve(twice().rename_columns(names))) == PAIRS


def test_names_of_columns_hurt_nobody():
    odd = ["record_id", "rid", 'c360"digest', "la'st;", "plain"]
    roles = ("first_name", "last_name", "phone", "date_of_birth")
    assert groups(resolve(twice().rename_columns(odd), mapping=dict(zip(odd[1:], roles, strict=True)))) == PAIRS


@pytest.mark.parametrize(
    "columns",
    [
        {"phone": pa.array(PHONES), "postcode": pa.array([1000 + n // 2 for n in range(60)], pa.int32())},
        {"phone": pa.array([float(n) for n in PHONES])},
        {"phone": pa.array([f"{n}.0" if n % 2 else str(n) for n in PHONES])},
        {"phone": pa.array([Decimal(n) for n in PHONES], pa.decimal128(20, 2))},
        {"date_of_birth": BIRTHDAYS},
        {"date_of_birth": BIRTHDAYS.cast(pa.timestamp("us", "Europe/Berlin"))},
        {"date_of_birth": pa.array([int(f"{day:%Y%m%d}") for day in BIRTHDAYS.to_pylist()])},
        {"record_id": pa.array([str(n) for n in range(60)]).dictionary_encode(), "city": pa.nulls(60)},
        {"record_id": pa.array(range(60)), "first_name": twice()["first_name"].cast(pa.large_string())},
        {"last_name": twice()["last_name"].cast(pa.string_view()), "weight": pa.array([[1]] * 60)},
        {"last_name": twice()["last_name"].cast(pa.binary())},
        {"postcode": pa.array([float("inf"), float("nan"), 1e30] * 20)},
        {"street": pa.array(["x" * 50_000] * 60)},
    ],
    ids=lambda columns: "+".join(columns),
)
def test_types_of_columns_do_not_matter(columns):
    assert groups(resolve(twice(**columns))) == PAIRS


def test_anything_with_an_arrow_stream_is_a_table():
    assert groups(resolve(twice().to_reader())) == PAIRS  # type: ignore[arg-type]
    for other in ([{"record_id": "1"}], {"record_id": ["1"]}):
        with pytest.raises(RecordsMalformed, match="not a table"):
            resolve(other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"phone": pa.array([["+12125550100"]] * 60)}, "Column 'phone' holds list"),
        ({"phone": pa.array([{"home": "+12125550100"}] * 60)}, "Column 'phone' holds struct"),
        ({"last_name": pa.array([b"\xff\xfe"] * 60)}, "no UTF-8 text"),
        ({"record_id": pa.array([[n] for n in range(60)])}, "Column 'record_id' holds list"),
    ],
)
def test_columns_that_cannot_be_read_are_said(columns, said):
    with pytest.raises(RecordsMalformed, match=said):
        resolve(twice(**columns))


def test_two_columns_of_one_name_are_said():
    table = twice()
    for name in ("phone", "record_id"):
        with pytest.raises(RecordsMalformed, match=f"Two columns are named '{name}'"):
            resolve(table.append_column(name, table[name]))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"link_probability": "0.9"}, "must be a number"),
        ({"records_per_person": 2.5}, "must be a whole number"),
        ({"junk_emails": "walkin"}, "must be a list"),
        ({"limits": [3]}, "must be a mapping"),
        ({"as_of": "2024-11-30"}, "must be a date"),
        ({"default_country": "Atlantis"}, "two letters"),
    ],
)
def test_settings_of_another_kind_are_said(settings, said):
    with pytest.raises(IdentityError, match=said):
        resolve(twice(), settings=settings)


def test_a_country_may_be_written_out():
    local = pa.array([f"(212) 555-{1000 + n // 2}" if n % 2 else f"+1212555{1000 + n // 2}" for n in range(60)])
    assert groups(resolve(twice(phone=local), settings={"default_country": "United States"})) == PAIRS


FORMATS = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y")
FORMATS += ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.000", "%d/%m/%Y %H:%M")


def born(texts: list[str], **columns) -> int:
    """Return how many people there are among records of one name and these birth dates."""
    count = len(texts)
    named = {
        "record_id": [f"{n:03d}" for n in range(count)],
        "first_name": ["Ada"] * count,
        "last_name": ["Abbott"] * count,
    }
    return len(set(resolve(pa.table({**named, "date_of_birth": texts, **columns}))["person_id"].to_pylist()))


def test_a_birth_date_is_one_day_however_it_is_written():
    day = datetime(1984, 3, 25)  # noqa: DTZ001 - a birth date has no zone
    assert born([day.strftime(form) for form in FORMATS] + ["25th March 1984"]) == 1


def test_the_order_of_day_and_month_is_learned_from_the_column_or_the_country():
    """03/04 is the third of April, unless the column has days beyond the twelfth in second place."""
    iso, american = "1984-03-04", ["03/04/1984", "12/25/1984"]
    assert born([iso, *american]) == 2
    assert born(["1984-04-03", "03/04/1984", "25/12/1984"]) == 2
    mixed = ["03/04/1984", iso, "25/12/1984", "12/25/1984"]
    assert born(mixed, country=["US"] * 4) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राम शर्मा", "रमा शर्मा"),
        ("かな 山田", "がな 山田"),
        ("김민준", "박민준"),
        ("Мария Иванова", "Марина Иванова"),
        ("محمد علي", "محمود علي"),
    ],
)
def test_names_in_other_scripts_are_told_apart_and_found(one, other):
    names = [one, one, other, other]
    table = pa.table(
        {"record_id": list("abcd"), "full_name": names, "date_of_birth": ["1980-05-17"] * 4, "city": ["Oslo", None] * 2}
    )
    assert groups(resolve(table)) == {frozenset("ab"), frozenset("cd")}


def test_east_asian_names_have_the_family_name_in_front():
    rows = [("1", "李娜", None, None), ("2", "李 娜", None, None), ("3", None, "娜", "李")]
    table = pa.table(
        {
            "record_id": [row[0] for row in rows],
            "full_name": [row[1] for row in rows],
            "first_name": pa.array([row[2] for row in rows], pa.string()),
            "last_name": pa.array([row[3] for row in rows], pa.string()),
            "date_of_birth": ["1988-02-03"] * 3,
        }
    )
    assert len(set(resolve(table)["person_id"].to_pylist())) == 1


def test_folding_takes_accents_and_keeps_letters():
    assert [fold(text) for text in ("Müller", "ÑÍGUEZ", "Łódź", "Straße")] == ["muller", "niguez", "lodz", "strasse"]
    assert [fold(text) for text in ("김민준", "がな", "राम")] == ["김민준", "がな", "राम"]


def test_several_columns_of_one_role_give_the_first_value_that_says_something():
    table = twice(phone=pa.array(["n/a", None] * 30)).append_column("mobile", twice()["phone"])
    assert groups(resolve(table)) == PAIRS


@pytest.mark.parametrize("number", [1, 2, 3])
def test_febrl_needs_no_mapping(number):
    """Datasets 1 to 3 as they come; in 3 a person has up to six records, with up to ten changes in each."""
    records = febrl(number)
    precision, recall = quality(
        resolve(records), {each: each.split("-")[1] for each in records["record_id"].to_pylist()}
    )
    assert precision >= 0.99
    assert recall >= (0.97 if number < 3 else 0.90)
