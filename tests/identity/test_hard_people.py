"""People who are easily taken for each other: families, shared addresses, namesakes; and ids when some are in doubt."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tests.identity.conftest import groups

from customer360.identity import resolve, run
from customer360.identity.overrides import NO_OVERRIDES

LETTERS = "abcdefghijklmnopqrstuvwxyz"
FIRST = ["Anna", "Peter", "Maria", "Karl", "Ruth", "Omar", "Lena", "Ivan", "Clara", "Hugo", "Nora", "Emil"]


def surname(number: int) -> str:
    """Return a surname that resembles no other: its letters come from a shuffle of the number."""
    picked = [LETTERS[(number * step + 5 * step) % 26] for step in (3, 7, 11, 17, 19, 23)]
    return "".join(picked).title() + LETTERS[number % 26] + LETTERS[number // 26 % 26]


def home(number: int) -> dict[str, str]:
    """Return what a household shares."""
    return {
        "last_name": surname(number),
        "street": f"{number % 90 + 1} {surname(number + 300)} Road",
        "postcode": f"{10_000 + number * 7}",
        "phone": f"+1212{5_550_000 + number * 13}",
    }


def table(rows: list[dict[str, str | None]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def found(rows: list[dict[str, str | None]]) -> set[frozenset[str]]:
    return groups(resolve(table(rows)))


def people(rows: list[dict[str, str | None]]) -> set[frozenset[str]]:
    """Return the records by the person that stands before the hyphen of their id."""
    made: dict[str, set[str]] = {}
    for row in rows:
        made.setdefault(str(row["record_id"]).split("-")[0], set()).add(str(row["record_id"]))
    return {frozenset(each) for each in made.values()}


def test_a_family_s_e_mail_makes_no_person_of_a_family() -> None:
    rows = [
        {
            "record_id": f"{number}{LETTERS[member]}-{copy}",
            "first_name": FIRST[(number + 4 * member) % len(FIRST)],
            **home(number),
            "email": f"{surname(number)}.family{number}@mail.example.com",
            "city": "Leeds" if copy else None,
        }
        for number in range(60)
        for member in range(3)
        for copy in range(2)
    ]
    assert found(rows) == people(rows)


def test_an_office_s_e_mail_makes_no_person_of_namesakes() -> None:
    rows = [
        {
            "record_id": f"{number}{side}-{copy}",
            "first_name": FIRST[number % len(FIRST)],
            "last_name": surname(number + 200 * side),
            "email": f"front.desk{number}@{surname(number)}.example.com",
            "city": "Leeds" if copy else None,
        }
        for number in range(40)
        for side in range(2)
        for copy in range(2)
    ]
    assert found(rows) == people(rows)


def test_one_name_at_two_companies_is_two_people() -> None:
    rows = [
        {
            "record_id": f"{number}{side}-0",
            "full_name": f"{FIRST[number % len(FIRST)]} {surname(number)}",
            "email": f"{FIRST[number % len(FIRST)]}.{surname(number)}@{surname(number + 100 + 100 * side)}.example.com",
        }
        for number in range(40)
        for side in range(2)
    ]
    assert found(rows) == people(rows)


@pytest.mark.parametrize(("father", "son"), [("Sr", "Jr."), ("Sr.", "II"), ("Senior", "III"), ("Jr", "III")])
def test_father_and_son_of_one_name_are_told_apart_by_what_stands_behind_it(father: str, son: str) -> None:
    rows = []
    for number in range(40):
        shared = home(number)
        for side, suffix in (("a", father), ("b", son)):
            first, last = FIRST[number % len(FIRST)], f"{shared['last_name']} {suffix}"
            rows.append({"record_id": f"{number}{side}-0", **shared, "first_name": first, "last_name": last})
            rows.append({"record_id": f"{number}{side}-1", **shared, "last_name": None, "full_name": f"{first} {last}"})
    assert found(rows) == people(rows)


def test_junior_may_be_a_name() -> None:
    rows = [
        {"record_id": "a-0", "first_name": "Junior", "last_name": "Senior", "email": "js88@mail.example.com"},
        {"record_id": "a-1", "first_name": "Junior", "last_name": "Senior", "email": "js88@mail.example.com", "city": "x"},
        {"record_id": "b-0", "first_name": "Ada", "last_name": "Abbott", "email": "js88@mail.example.com"},
    ]  # fmt: skip
    assert found(rows) == people(rows)


def test_twins_are_kept_apart_where_nothing_else_is_mistaken() -> None:
    """FEBRL replaces last names as often as first names; here only first names differ."""
    rows = [
        {
            "record_id": f"{number}{side}-{copy}",
            **home(number),
            "first_name": FIRST[(number + 5 * side) % len(FIRST)],
            "date_of_birth": f"19{50 + number % 45}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            "city": "Leeds" if copy else None,
        }
        for number in range(60)
        for side in range(2)
        for copy in range(2)
    ]
    assert found(rows) == people(rows)


def test_another_spelling_of_a_first_name_is_no_other_person() -> None:
    spellings = [("Jayden", "Jaden"), ("Sara", "Sarah"), ("Brian", "Bryan"), ("Aidan", "Aiden"), ("Mark", "Marc")]
    rows = [
        {"record_id": f"{number}-{copy}", **home(number), "first_name": spellings[number % len(spellings)][copy]}
        for number in range(60)
        for copy in range(2)
    ]
    assert found(rows) == people(rows)


def in_doubt() -> list[dict[str, str | None]]:
    """Return fathers and sons of one name, and a record without a birth date that may be either's."""
    rows: list[dict[str, str | None]] = []
    for number in range(40):
        same = {**home(number), "first_name": FIRST[number % len(FIRST)]}
        rows += [
            {"record_id": f"{number:02d}-{LETTERS[25 - at if number % 2 else at]}", **same, **own}
            for at, own in enumerate(
                [
                    {"date_of_birth": "1950-03-07", "email": f"old{number}@mail.example.com"},
                    {"date_of_birth": None, "city": "Leeds"},
                    {"date_of_birth": "1983-11-21", "email": f"young{number}@mail.example.com"},
                ]
            )
        ]
    return rows


def test_who_was_one_person_stays_one_when_a_better_match_comes_and_in_every_later_run() -> None:
    """The record in doubt was the father's when the son came: it stays, and a further run moves nobody."""
    rows = in_doubt()
    old = table([row for row in rows if row.get("date_of_birth") != "1983-11-21"])
    first = run(old, remember=True)
    before = groups(first.people)
    assert all(len(each) == 2 for each in before)
    memory, known = first.memory, first.people
    seen = []
    for _ in range(3):
        ids = known.select(["record_id", "person_id"])
        ids = ids.append_column("is_current", pa.array([True] * ids.num_rows))
        later = run(table(rows), known=ids, memory=memory, remember=True)
        seen.append(dict(zip(*later.people.select(["record_id", "person_id"]).to_pydict().values(), strict=True)))
        memory, known = later.memory, later.people
    assert before <= groups(known)
    assert seen[0] == seen[1] == seen[2]
    assert groups(run(table(rows), overrides=NO_OVERRIDES).people) != groups(first.people)
