"""Order does not matter, a second run changes nothing, ids stay, and what people decided holds and can be undone."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.conftest import groups

from customer360.identity import resolve, run
from customer360.identity.cluster import Links, agglomerate, components
from customer360.identity.failures import OverrideRefused
from customer360.identity.overrides import Override, Overrides, SqliteStore
from customer360.identity.stable_ids import assign
from customer360.synthetic import people
from customer360.synthetic.company import Company

NOW = datetime(2024, 11, 30, 12, tzinfo=UTC)


def records(count: int = 300) -> pa.Table:
    return people.table(Company(customers=1_000), count).drop_columns(["person_id", "household_id"])


@cache
def found():
    """Return what a run over these records finds; tests only read it."""
    return run(records())


def test_the_order_of_records_does_not_matter():
    table = records()
    shuffled = table.take(random.Random(8).sample(range(table.num_rows), table.num_rows))
    one, other = resolve(table), resolve(shuffled)
    assert dict(zip(*one.select(["record_id", "person_id"]).to_pydict().values(), strict=True)) == dict(
        zip(*other.select(["record_id", "person_id"]).to_pydict().values(), strict=True)
    )
    assert other["record_id"].to_pylist() == shuffled["record_id"].to_pylist()


def known(people: pa.Table) -> pa.Table:
    return people.select(["record_id", "person_id"]).append_column("is_current", pa.array([True] * people.num_rows))


def test_a_second_run_keeps_every_id():
    first = found().people
    again = run(records(), known=known(first)).people
    assert again.select(["record_id", "person_id"]).equals(first.select(["record_id", "person_id"]))


def test_new_records_change_no_old_id_but_for_merges():
    table = records(400)
    old = run(table.slice(0, 380)).people
    new = run(table, known=known(old))
    before = dict(zip(old["record_id"].to_pylist(), old["person_id"].to_pylist(), strict=True))
    after = dict(zip(new.people["record_id"].to_pylist(), new.people["person_id"].to_pylist(), strict=True))
    for record, person in before.items():
        assert after[record] in {person, new.aliases.get(person)}


members = st.lists(st.integers(0, 7), min_size=1, max_size=12)


def ids_of(people, known):
    """Return the smallest record of each cluster -> its id, and the aliases."""
    owners, aliases = assign(people, known)
    first = {row["label"]: row["record_id"] for row in reversed(people.sort_by("record_id").to_pylist())}
    return {first[row["label"]]: row["person_id"] for row in owners.to_pylist()}, aliases


def labelled(labels: list[int]) -> pa.Table:
    return pa.table({"record_id": [f"r{n:02d}" for n in range(len(labels))], "label": labels})


@given(members, members)
@settings(max_examples=40, deadline=None)
def test_ids_are_one_to_one_and_go_to_the_largest_overlap(before, after):
    first, none = ids_of(labelled(before), None)
    assert not none
    start = {f"r{n:02d}": first[f"r{before.index(label):02d}"] for n, label in enumerate(before)}
    previous = pa.table(
        {"record_id": list(start), "person_id": list(start.values()), "is_current": [True] * len(start)}
    )
    given_ids, aliases = ids_of(labelled(after), previous)
    assert len(set(given_ids.values())) == len(given_ids) == len(set(after))
    survivors = set(given_ids.values())
    for old, heir in aliases.items():
        assert old not in survivors
        assert heir in survivors
    same, nothing = ids_of(labelled(before), previous)
    assert same == first
    assert not nothing


def test_a_retired_id_comes_back_with_its_records():
    apart = labelled([0, 0, 1])
    ids, _ = ids_of(apart, None)
    a, b = ids["r00"], ids["r02"]
    together = pa.table({"record_id": ["r00", "r01", "r02"], "person_id": [a, a, b], "is_current": [True, True, True]})
    merged, aliases = ids_of(labelled([0, 0, 0]), together)
    assert merged == {"r00": a}
    assert aliases == {b: a}
    history = pa.table(
        {"record_id": ["r00", "r01", "r02", "r02"], "person_id": [a, a, a, b], "is_current": [True, True, True, False]}
    )
    assert ids_of(apart, history) == (ids, {})


links = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 50)), max_size=25)


@given(links, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5), st.randoms())
@settings(max_examples=60, deadline=None)
def test_no_cluster_holds_records_kept_apart_nor_too_many(drawn, wars, shuffle):
    import numpy as np

    drawn = list({(min(a, b), max(a, b)): r for a, b, r in drawn if a != b}.items())
    wars = [(a, b) for a, b in wars if a != b]

    def made(some):
        left, right = (np.array([pair[side] for pair, _ in some], dtype=np.int64) for side in (0, 1))
        ranks = np.array([float(rank) for _, rank in some])
        known = np.zeros(len(some), dtype=np.bool_)
        return agglomerate(Links(left, right, ranks, known), range(10), wars, most=4, most_sure=4, sure=100)[0]

    first = made(drawn)
    shuffle.shuffle(drawn)
    assert made(drawn) == first
    assert all(first[a] != first[b] for a, b in wars)
    assert max(list(first.values()).count(root) for root in first.values()) <= 4
    whole = components(10, *(np.array([p[s] for p, _ in drawn], dtype=np.int64) for s in (0, 1)))
    assert all(whole[member] == whole[root] for member, root in first.items())


def decision(kind, a, b, why="seen in the shop") -> Override:
    return Override(kind=kind, records_a=tuple(a), records_b=tuple(b), who="care-lead", why=why, at=NOW)


def test_a_merge_holds_over_rebuilds_and_undoing_it_gives_what_was_before(tmp_path):
    table, before = records(), found()
    persons = sorted(groups(before.people), key=min)
    one, other = sorted(persons[0]), sorted(persons[1])
    store = SqliteStore(tmp_path / "state.sqlite")
    kept = store.add(decision("merge", one, other))
    for _ in range(2):
        merged = run(table, overrides=Overrides.of(store.all()))
        assert frozenset((*one, *other)) in groups(merged.people)
    store.undo(kept.number, who="care-lead", at=NOW)
    after = run(table, overrides=Overrides.of(store.all()))
    assert after.people.equals(before.people)


def test_a_split_holds_over_rebuilds():
    table = records()
    largest = max(groups(found().people), key=lambda each: (len(each), min(each)))
    gone, *rest = sorted(largest)
    split = run(table, overrides=Overrides.of([decision("split", [gone], rest)]))
    assert not any(gone in each and each & set(rest) for each in groups(split.people))


def test_merge_then_split_is_what_was_before_and_so_is_split_then_merge():
    table, before = records(), found()
    persons = sorted((sorted(each) for each in groups(before.people)), key=lambda each: (-len(each), each))
    one, other = persons[0], persons[1]
    merge, split = decision("merge", one, other), decision("split", other, one)
    assert groups(run(table, overrides=Overrides.of([merge, split])).people) == groups(before.people)
    gone, *rest = one
    parted = decision("split", [gone], rest)
    again = decision("merge", [gone], rest)
    assert groups(run(table, overrides=Overrides.of([parted, again])).people) == groups(before.people)


drawn_people = st.lists(
    st.fixed_dictionaries(
        {
            "first_name": st.sampled_from(["Elizabeth", "Liz", "Elisabeth", "Karl", "Ruth", None]),
            "last_name": st.sampled_from(["Abbott", "Abbot", "Moreno", None]),
            "email": st.sampled_from(["a.b@mail.example.com", "a.b@post.example.org", "none@example.com", None]),
            "phone": st.sampled_from(["+12125550100", "(212) 555-0100", "+12125550199", None]),
            "date_of_birth": st.sampled_from(["1980-02-03", "1980-03-02", "1991-07-30", None]),
            "city": st.sampled_from(["Leeds", "York", None]),
        }
    ),
    min_size=31,
    max_size=45,
)


@given(drawn_people, st.randoms(), st.data())
@settings(max_examples=4, deadline=None)
def test_any_people_in_any_order_again_and_after_a_decision(rows, shuffle, data):
    """Order does not matter, a second run keeps every id, a decision holds, and taking it back gives what was."""
    kinds = dict.fromkeys(("record_id", *rows[0]), pa.string())
    table = pa.Table.from_pylist([{"record_id": f"r{n:02d}", **row} for n, row in enumerate(rows)], pa.schema(kinds))
    first = run(table)
    order = list(range(table.num_rows))
    shuffle.shuffle(order)
    assert run(table.take(order)).people.equals(first.people)
    again = run(table, known=known(first.people), memory=None)
    assert again.people.select(["record_id", "person_id"]).equals(first.people.select(["record_id", "person_id"]))

    names = table["record_id"].to_pylist()
    one, other = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    kind = data.draw(st.sampled_from(["merge", "never"]))
    held = run(table, overrides=Overrides.of([decision(kind, [one], [other])]), known=known(first.people))
    assert any({one, other} <= each for each in groups(held.people)) == (kind == "merge")
    history = pa.concat_tables(
        [
            known(held.people),
            known(first.people)
            .drop_columns(["is_current"])
            .append_column("is_current", pa.array([False] * len(names))),
        ]
    )
    back = run(table, known=history)
    assert back.people.select(["record_id", "person_id"]).equals(first.people.select(["record_id", "person_id"]))


@given(drawn_people, st.data())
@settings(max_examples=4, deadline=None)
def test_a_run_that_remembers_gives_what_a_run_from_nothing_gives(rows, data):
    """Whatever the share of new records and whatever changed or left: only where clusters are in conflict may the
    earlier person prevail, and there no old person is torn apart."""
    kinds = dict.fromkeys(("record_id", *rows[0]), pa.string())
    table = pa.Table.from_pylist([{"record_id": f"r{n:02d}", **row} for n, row in enumerate(rows)], pa.schema(kinds))
    count = data.draw(st.integers(1, table.num_rows - 1))
    first = run(table.slice(0, count), remember=True)
    gone = data.draw(st.integers(0, count - 1))
    later = table.slice(gone)
    with_memory = run(later, known=known(first.people), memory=first.memory, remember=True)
    from_nothing = run(later, known=known(first.people), model=first.model)
    assert with_memory.people.equals(from_nothing.people)
    assert with_memory.edges.equals(from_nothing.edges)
    assert with_memory.review.equals(from_nothing.review)
    anew = run(later, model=first.model)
    if not with_memory.edges.num_rows or all(with_memory.edges["is_kept"].to_pylist()):
        assert groups(with_memory.people) == groups(anew.people)
    again = run(later, known=known(with_memory.people), memory=with_memory.memory)
    assert groups(again.people) == groups(with_memory.people)
    assert not again.aliases


def test_never_holds_against_records_that_stand_for_others():
    """``c`` says what ``b`` says, so one of the two is compared for both, whichever a decision names."""
    row = {"first_name": "Ada", "last_name": "Abbott", "email": "ada@mail.example.com"}
    for names in ("abc", "bca", "cab"):
        one, twin, copy = names
        rows = [{"record_id": one, **row, "city": "Leeds"}, {"record_id": twin, **row}, {"record_id": copy, **row}]
        table = pa.Table.from_pylist([{"city": None, **each} for each in rows])
        assert groups(resolve(table)) == {frozenset("abc")}
        for pair in ((one, twin), (twin, one), (one, copy), (copy, one)):
            kept = run(table, overrides=Overrides.of([decision("never", [pair[0]], [pair[1]])]))
            together = groups(kept.people)
            assert not any({*pair} <= each for each in together), (pair, together)
            asked = {frozenset((r["record_a"], r["record_b"])) for r in kept.review.to_pylist()}
            assert frozenset(pair) not in asked, "a pair that was decided is asked about no more"


sides = st.lists(st.sampled_from("abcdef"), min_size=2, max_size=4, unique=True).flatmap(
    lambda some: st.integers(1, len(some) - 1).map(lambda at: (some[:at], some[at:]))
)


@given(st.lists(st.tuples(st.sampled_from(["merge", "split"]), sides), max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_last_decision_about_two_records_holds(drawn):
    """Played by hand on sets: what a merge joined and what a split parted, oldest first."""
    held = Overrides.of([decision(kind, a, b) for kind, (a, b) in drawn])
    people = [{each} for each in "abcdef"]
    for kind, (a, b) in drawn:
        if kind == "merge":
            touched = [p for p in people if p & {*a, *b}]
            people = [p for p in people if p not in touched] + [set().union(*touched)]
        else:
            people = [part for p in people for part in ((p - {*a}, p & {*a}) if p & {*b} else (p,)) if part]
    joined = [{each} for each in "abcdef"]
    for one, other in held.merged:
        touched = [p for p in joined if p & {one, other}]
        joined = [p for p in joined if p not in touched] + [set().union(*touched)]
    assert sorted(map(sorted, joined)) == sorted(map(sorted, people))
    assert not any({one, other} <= person for one, other in held.apart for person in joined)
    if drawn and drawn[-1][0] == "split":
        a, b = drawn[-1][1]
        assert {(one, other) for one in a for other in b} <= set(held.apart)


def test_contradictions_empty_sides_and_missing_reasons_are_refused(tmp_path):
    store = SqliteStore(tmp_path / "state.sqlite")
    kept = store.add(decision("never", ["a"], ["b"]))
    with pytest.raises(OverrideRefused, match=f"contradicts override {kept.number}"):
        store.add(decision("merge", ["a", "c"], ["b"]))
    with pytest.raises(OverrideRefused, match="both sides"):
        store.add(decision("merge", ["a"], []))
    with pytest.raises(OverrideRefused, match="reason"):
        store.add(decision("merge", ["x"], ["y"], why=" "))
    with pytest.raises(OverrideRefused, match="number 9"):
        store.undo(9, who="x", at=NOW)
    store.undo(kept.number, who="x", at=NOW)
    with pytest.raises(OverrideRefused, match="undone before"):
        store.undo(kept.number, who="x", at=NOW)
    assert store.add(decision("merge", ["a", "c"], ["b"])).number == kept.number + 1


def test_birthday_is_a_date_column_too():
    table = pa.table(
        {
            "record_id": ["1", "2"],
            "first_name": ["Ada", "Ada"],
            "last_name": ["Abbott", "Abbott"],
            "dob": [date(1990, 2, 3)] * 2,
        }
    )
    assert len(set(resolve(table)["person_id"].to_pylist())) == 1
