"""Resolve the names that expressions and queries use: datasets, roles, fields, written qualified or alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import ModelError, Place, UnknownName
from customer360.semantic.expression import column, references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlglot import exp

    from customer360.semantic.elements import Dataset, Relationship, SemanticField

USER = "user"
"""Owner of principal attributes in row policies: ``user.region``."""


class Directory:
    """Finds datasets, roles and fields of one model by name, ignoring case."""

    def __init__(self, datasets: Mapping[str, Dataset], relationships: Mapping[str, Relationship]) -> None:
        self.datasets = datasets
        self.relationships = relationships
        self._folded = {name.casefold(): name for name in datasets}
        self._roles: dict[str, str] = {}
        for relationship in relationships.values():
            for alias in (relationship.role, relationship.name):
                if alias and alias.casefold() not in self._folded:
                    self._roles.setdefault(alias.casefold(), relationship.target)

    @property
    def owners(self) -> list[str]:
        """Every word that may stand before the dot."""
        return [*self.datasets, *self._roles]

    def owner(self, text: str) -> str | None:
        """Return the dataset, or the role in its own spelling, that a word names."""
        folded = text.casefold()
        if folded in self._folded:
            return self._folded[folded]
        return folded if folded in self._roles else None

    def dataset_of(self, owner: str) -> Dataset | None:
        """Return the dataset behind a dataset name or a role."""
        name = self._folded.get(owner.casefold()) or self._roles.get(owner.casefold())
        return self.datasets.get(name) if name else None

    def field(self, owner: str, name: str) -> SemanticField | None:
        """Return a field of a dataset or role."""
        dataset = self.dataset_of(owner)
        if dataset is None:
            return None
        found = dataset.fields.get(name)
        if found is not None:
            return found
        return next((f for f in dataset.fields.values() if f.name.casefold() == name.casefold()), None)

    def owners_of_field(self, name: str) -> list[str]:
        """Return the datasets that have a field of this name."""
        return [owner for owner in self.datasets if self.field(owner, name) is not None]

    def all_fields(self) -> Iterable[SemanticField]:
        """Yield every field of every dataset."""
        for dataset in self.datasets.values():
            yield from dataset.fields.values()

    def resolve(self, text: str, *, place: Place | None = None, prefer: Sequence[str] = ()) -> tuple[str, str]:
        """Return owner and field of ``owner.field`` or of a bare field name. Raises UnknownName or ModelError."""
        owner, _, name = text.rpartition(".")
        if not owner:
            return self._bare(name, place, prefer)
        known = self.owner(owner)
        if known is None:
            raise UnknownName("dataset or role", owner, self.owners, place=place)
        found = self.field(known, name)
        if found is None:
            dataset = self.dataset_of(known)
            raise UnknownName(f"field of {owner}", name, list(dataset.fields) if dataset else [], place=place)
        return known, found.name

    def _bare(self, name: str, place: Place | None, prefer: Sequence[str]) -> tuple[str, str]:
        owners = self.owners_of_field(name)
        first = next((owner for owner in prefer if owner in owners), None)
        if first is None and len(owners) > 1:
            options = ", ".join(f"{owner}.{name}" for owner in owners)
            raise ModelError(
                f"'{name}' is a field of {len(owners)} datasets.", place=place, next_step=f"Write one of: {options}."
            )
        if not owners:
            raise UnknownName("field", name, [f.name for f in self.all_fields()], place=place)
        owner = first or owners[0]
        found = self.field(owner, name)
        return owner, found.name if found else name

    def qualify(
        self,
        tree: exp.Expr,
        place: Place,
        *,
        prefer: Sequence[str] = (),
        allow_user: bool = False,
        physical: bool = True,
    ) -> exp.Expr:
        """Return the tree with every reference as ``owner.field`` in the model's spelling.

        A name behind a known dataset that is no field is taken for a column of its table when ``physical``.
        """
        tree = tree.copy()
        for reference in list(references(tree)):
            owner = reference.table
            if allow_user and owner.casefold() == USER:
                continue
            known = self.owner(owner) if owner else None
            dataset = self.dataset_of(known) if known else None
            if physical and known and dataset and self.field(known, reference.name) is None and not dataset.is_query:
                resolved = (known, reference.name)
            else:
                resolved = self.resolve(
                    f"{owner}.{reference.name}" if owner else reference.name, place=place, prefer=prefer
                )
            replacement = column(*resolved)
            if reference is tree:
                return replacement
            reference.replace(replacement)
        return tree
