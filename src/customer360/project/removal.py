"""Decide what goes when a system is taken out of a project, and what stays as an empty table for those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.names import RAW_PREFIX, Relation
from customer360.project.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Collection

    from customer360.project.spec import Model, ModelPart, Project


@dataclass(frozen=True)
class Removal:
    """What taking systems out means."""

    gone: frozenset[Relation]
    """Tables that lose what they were made of: raw tables, and models that read nothing else."""
    stand_ins: frozenset[Relation]
    """Those of them that a remaining model or metric still reads: they stay, typed and empty."""
    parts: tuple[ModelPart, ...]
    """SQL texts of conformed entities that go."""

    @property
    def dropped(self) -> frozenset[Relation]:
        """Tables that are no more."""
        return self.gone - self.stand_ins


def removal_of(project: Project, systems: Collection[str]) -> Removal:
    """Return what goes with these systems.

    A model goes when it reads raw rows of such a system, or nothing but tables that go. A table that goes but is read
    by a model that stays (a supplement of a kept system, say) is kept without rows.
    """
    mentions = Mentions.of(project)
    raw = frozenset(r for r in mentions.known if r.schema in {RAW_PREFIX + system for system in systems})
    gone = raw
    while True:
        more = frozenset(
            model.relation
            for model in project.models.values()
            if not model.is_union and _goes(mentions.in_model(model), gone, raw)
        )
        if more <= gone:
            break
        gone |= more
    stays = [model for model in project.models.values() if model.relation not in gone]
    parts = tuple(part for model in stays if model.is_union for part in _parts(model, mentions, systems, gone, raw))
    read = {
        relation
        for model in stays
        for part in model.parts
        if part not in parts
        for relation in mentions.in_sql(part.sql, model.relation.schema)
    }
    read |= {relation for model in stays if model.step for relation in mentions.in_model(model)}
    read |= {relation for document in project.semantics.values() for relation in mentions.in_semantics(document)}
    return Removal(gone, (gone - raw) & read, parts)


def _goes(reads: frozenset[Relation], gone: frozenset[Relation], raw: frozenset[Relation]) -> bool:
    return bool(reads & raw) or (bool(reads) and reads <= gone)


def _parts(
    model: Model, mentions: Mentions, systems: Collection[str], gone: frozenset[Relation], raw: frozenset[Relation]
) -> list[ModelPart]:
    return [
        part
        for part in model.parts
        if part.name in systems or _goes(mentions.in_sql(part.sql, model.relation.schema), gone, raw)
    ]
