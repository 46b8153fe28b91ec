"""Open the room of known values: those of an attribute, as granted, and never those of a masked column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from customer360.errors import UnknownName
from customer360.governance.reading import read_as
from customer360.models.as_of import published_as_of
from customer360.names import Relation

if TYPE_CHECKING:
    from customer360.ask.asker import Asker
    from customer360.engines.base import Engine
    from customer360.governance.office import Governance
    from customer360.project.spec import Project
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel

MOST = 300
"""Values that are offered; of an attribute with more nobody looks through a list."""


class House(Protocol):
    """An opened project; ``customer360.workspace.Workspace`` is one."""

    project: Project
    engine: Engine

    @property
    def governance(self) -> Governance:
        """Who may see what."""
        ...

    def semantic_model(self, name: str | None = None) -> SemanticModel:
        """Return a semantic model, the first without a name. Errors: UnknownName."""
        ...

    def asker(self, model: str | None = None) -> Asker:
        """Return the question space of a semantic model, which keeps an index of values."""
        ...


def known_values(house: House, name: str, model: str | None = None) -> tuple[str, ...]:
    """Return the values of an attribute, as whoever asks may see them; none where there are too many, or masked ones.

    Errors: UnknownName, NotPermitted.
    """
    found = house.semantic_model(model)
    owner, _, own = name.rpartition(".")
    field = found.directory.field(owner, own) if owner else None
    if field is None:
        raise UnknownName("attribute", name, [each.qualified for each in found.directory.all_fields()])
    if field.datatype == "Boolean":
        return ("true", "false")
    if _is_masked(house, found, field):
        return ()
    with house.engine.read() as session:
        day = published_as_of(session, house.project)
        with read_as(house.governance, session, "metrics", None, found) as seen:
            edition = house.asker(model).edition(seen.session, day, seen.principal)
            values = edition.values.near.get(field.qualified, ())
            if not found.datasets[field.dataset].is_query:
                seen.read.add(Relation.parse(found.datasets[field.dataset].source))
            seen.answered(f"values of {field.qualified}", len(values))
    return () if len(values) > MOST else tuple(values)


def _is_masked(house: House, model: SemanticModel, field: SemanticField) -> bool:
    """Say whether a contract masks a column that the attribute is made of; its values are offered to nobody."""
    dataset = model.datasets[field.dataset]
    if dataset.is_query:
        return False
    contract = house.project.contract_of(Relation.parse(dataset.source))
    masked = {column.name for column in contract.columns if column.mask} if contract else set()
    named = {each.name for each in model.field_trees[field.dataset, field.name].find_all(exp.Column)}
    return bool(masked & named)
