"""Read ``tests/*.yaml``: rows in, rows out, for one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from customer360.names import Relation
from customer360.project.contract_checks import no_twins
from customer360.project.problems import Problems, Shape
from customer360.project.settings import day
from customer360.project.spec import Case
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class CaseShape(Shape):
    """One case."""

    name: str = Field(description="What it promises, in a sentence.")
    model: str = Field(description="Which model runs: <schema>.<table>.")
    as_of: str | None = Field(None, description="The as-of date of this case, 2024-11-30.")
    given: dict[str, list[dict[str, Any]]] = Field(
        description="Rows of the tables the model reads; columns left out are NULL."
    )
    expect: list[dict[str, Any]] = Field(description="Rows the model must make; columns left out are not compared.")
    ordered: bool = Field(False, description="true: the order of the rows counts.")


class CasesShape(Shape):
    """``tests/*.yaml``: cases for models."""

    cases: list[CaseShape] = Field(min_length=1, description="The cases.")


def read_cases(path: Path, root: Path, problems: Problems) -> list[Case]:
    """Return the cases of one file; what is wrong is noted."""
    with problems.caught():
        file = read_yaml(path, root)
        shape = problems.checked(CasesShape, file)
        if shape is None:
            return []
        no_twins("case", [case.name for case in shape.cases], ("cases",), file, problems, rule="CASE-DUP")
        made = [_case(case, number, file, problems) for number, case in enumerate(shape.cases)]
        return [case for case in made if case is not None]
    return []


def _case(case: CaseShape, position: int, file: YamlFile, problems: Problems) -> Case | None:
    path: tuple[str | int, ...] = ("cases", position)
    model = _relation(case.model, (*path, "model"), file, problems)
    rows: Any = file.root["cases"][position]  # as read, so that a row knows its line
    given: dict[Relation, tuple[Mapping[str, Any], ...]] = {}
    for name in case.given:
        relation = _relation(name, (*path, "given", name), file, problems)
        if relation is not None:
            given[relation] = tuple(rows["given"][name])
    as_of = day(case.as_of) if case.as_of else None
    if case.as_of and as_of is None:
        problems.add(
            f"'as_of' cannot be '{case.as_of}'.", file.place(*path, "as_of"), "Write a date such as 2024-11-30."
        )
    if model is None:
        return None
    return Case(
        name=case.name,
        model=model,
        place=file.place(*path),
        given=given,
        expect=tuple(rows["expect"]),
        as_of=as_of,
        ordered=case.ordered,
    )


def _relation(text: str, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> Relation | None:
    try:
        return Relation.parse(text)
    except ValueError:
        problems.add(f"'{text}' names no table.", file.place(*path), "Write <schema>.<table>.")
        return None
