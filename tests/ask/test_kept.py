"""The index of values is kept between processes, never for another state, and never needed."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ask.insurance import AS_OF, CLAIMS, HOLDERS, insurance_model, insurance_session

from customer360.ask.edition import indexed
from customer360.ask.inflect import stems
from customer360.ask.kept import FOLDER, KEPT, clear, kept_values
from customer360.ask.valueindex import Listed, ValueIndex
from customer360.ask.words import phrase
from customer360.semantic.principal import OWNER

if TYPE_CHECKING:
    from tests.ask.space import Space

VALUES = st.lists(st.text(max_size=12), max_size=8, unique=True)


def colours() -> ValueIndex:
    return ValueIndex([Listed("product.colour", ["Dark Red", "Blue"], (("navy", "Blue"),)), Listed("size.name", [])])


def found(index: ValueIndex, text: str) -> list[tuple[str, str]]:
    return sorted(index.lookup(stems(phrase(text))))


@given(st.lists(VALUES, max_size=4))
def test_an_index_that_is_read_finds_what_the_written_one_finds(lists: list[list[str]]) -> None:
    made = ValueIndex([Listed(f"thing.f{number}", values) for number, values in enumerate(lists)])
    read = ValueIndex.read(made.written())
    assert (read.fields, read.longest, len(read), dict(read.near)) == (
        made.fields,
        made.longest,
        len(made),
        {f"thing.f{number}": tuple(values) for number, values in enumerate(lists)},
    )
    for number, values in enumerate(lists):
        for value in values:
            if words := stems(phrase(value)):
                assert (f"thing.f{number}", value) in list(read.lookup(words))
                assert sorted(read.lookup(words)) == sorted(made.lookup(words))


def test_a_kept_index_is_read_instead_of_made_and_is_its_owners_alone(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        index = kept_values(tmp_path, ["state 1"], lambda: made.append(1) or colours())
        assert found(index, "navy") == [("product.colour", "Blue")]
        assert found(index, "dark red") == [("product.colour", "Dark Red")]
    assert len(made) == 1
    (path,) = (tmp_path / FOLDER).iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert (tmp_path / ".cache" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("damage", [b"", b"no arrow", None])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    kept_values(tmp_path, ["state 1"], colours)
    (path,) = (tmp_path / FOLDER).iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-200] if damage is None else damage)
    assert found(kept_values(tmp_path, ["state 1"], colours), "blue") == [("product.colour", "Blue")]
    assert path.read_bytes() == whole


def test_a_project_that_cannot_be_written_is_answered_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("in the way")
    assert found(kept_values(tmp_path, ["state 1"], colours), "blue") == [("product.colour", "Blue")]


def test_the_newest_are_kept_and_all_of_them_can_be_deleted(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        kept_values(tmp_path, [f"state {number}"], colours)
    assert clear(tmp_path) == KEPT
    assert clear(tmp_path) == 0


def test_whatever_the_values_follow_from_has_an_index_of_its_own(tmp_path: Path) -> None:
    session, model = insurance_session(), insurance_model()
    elsewhere = replace(OWNER, user="ann", owns_everything=False, attributes={"area": "North"})

    def area(**facts: Any) -> list[tuple[str, str]]:
        more = {"as_of": AS_OF, "principal": OWNER, **facts}
        return found(indexed(model, session, root=tmp_path, **more), "west")

    assert area() == []
    session.connection.execute("UPDATE gold.holder SET area = 'West' WHERE area = 'North'")
    assert area() == [], "of a state that is called the same nothing is read twice"
    assert area(principal=elsewhere) == [("holder.area", "West")]
    assert area(as_of=AS_OF - timedelta(1)) == [("holder.area", "West")]
    session.snapshot += 1
    assert area() == [("holder.area", "West")]


def test_values_are_those_of_the_data_and_no_keys() -> None:
    index = indexed(insurance_model(), insurance_session(), as_of=date(2024, 11, 30), principal=OWNER)
    assert dict(index.near) == {
        "holder.line": tuple(sorted({row[2] for row in HOLDERS})),
        "holder.area": tuple(sorted({row[3] for row in HOLDERS})),
        "claims.state": tuple(sorted({row[4] for row in CLAIMS})),
    }


def test_values_of_a_project_are_those_that_each_dimension_has(journey: Space) -> None:
    workspace = journey.workspace
    with workspace.engine.read() as session:
        edition = workspace.asker().edition(session, workspace.as_of())
        checked = 0
        for name, values in edition.values.near.items():
            field = edition.vocabulary.field(name)
            assert field is not None
            dataset = workspace.semantic_model().datasets[field.dataset]
            if field.c360.values or dataset.is_query or field.expression.text("ANSI_SQL") != field.name:
                continue
            rows = session.query(f"SELECT DISTINCT {field.name} AS v FROM {dataset.source}").column("v").to_pylist()
            assert values == tuple(sorted(row for row in rows if row is not None)), name
            checked += 1
        assert checked > 5
