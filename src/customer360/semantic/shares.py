"""Compute the totals that shares are parts of, at the grain they keep and from the rows, never from rounded parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.errors import QueryError
from customer360.semantic.outputs import outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.semantic.combine import Totals
    from customer360.semantic.outputs import Output
    from customer360.semantic.question import Figure, Question
    from customer360.semantic.totals import Totaller
    from customer360.semantic.variants import Variant

Kept = tuple["Sequence[str]", "Totals"]


def share_totals(totaller: Totaller) -> list[Kept]:
    """Return, for each set of dimensions that shares keep, the totals at that grain."""
    question = totaller.question
    shares = [output for output in outputs(question) if output.form == "share" and not output.has_part]
    found: list[Kept] = []
    for within in dict.fromkeys(output.within for output in shares):
        figures = tuple(output.figure for output in shares if output.within == within)
        for figure in figures:
            _check_part(figure)
        kept = [question.group_named(name).column for name in within]
        found.append((kept, totaller.totals([(total_variant(question, within), figures)], kept)))
    return found


def total_variant(question: Question, within: Sequence[str]) -> Variant:
    """Return the variant of a total: the query's rows at the grain of the dimensions kept."""
    kept = frozenset(question.group_named(name).column for name in within)
    name = "_".join(["total", *(["by", *sorted(kept)] if kept else [])])
    return replace(question.main, name=name, keep=kept)


def part_variants(question: Question) -> list[tuple[Variant, tuple[Figure, ...]]]:
    """Return the variant of each part that a share is asked of, with its figure."""
    found: list[tuple[Variant, tuple[Figure, ...]]] = []
    for output in outputs(question):
        if output.form == "share" and output.has_part:
            _check_part(output.figure)
            found.append((part_variant(question, output), (output.figure,)))
    return found


def part_variant(question: Question, output: Output) -> Variant:
    """Return the variant of a part: the query's rows that fulfil one more filter."""
    assert output.share is not None and output.share.part is not None  # noqa: S101, PT018 -- it has a part
    where = (*question.main.where, output.share.part)
    return replace(question.main, name=f"part_of_{output.figure.name}", where=where)


def _check_part(figure: Figure) -> None:
    atom = figure.formula.sole_atom
    is_part = figure.formula.is_additive or (atom is not None and atom.kind == "distinct")
    if not is_part or (atom is not None and (atom.window or atom.semi_additive)):
        raise QueryError(
            f"'{figure.name}' is no part of a total: its values do not add up.",
            next_step="Ask for shares of sums and counts.",
        )
