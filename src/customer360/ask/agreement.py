"""Say whether what was said beside a figure holds for its rows, and which metric counts the rows of a kind of thing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.ask.filters import conditions_of
from customer360.ask.inflect import stems
from customer360.ask.meaning import Draft, Either, Members, MetricWord, Rank
from customer360.ask.reading import NONSENSE, Problem, Reading
from customer360.ask.units import SIZE, kind_of
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from customer360.ask.frame import Ground


def misfit(ground: Ground, draft: Draft, reading: Reading) -> Problem | None:
    """Return nonsense when words that a reading leaves out would change it; None when they say nothing new."""
    metrics = reading.query.metrics
    if any(not is_implied(ground, word, name) for word in draft.rows_of for name in metrics):
        return NONSENSE
    if draft.wants == SIZE and any(_is_tally(ground, draft, name) for name in metrics):
        return NONSENSE
    if draft.currency is not None:
        other = next((n for n in metrics if ground.model.metrics[n].c360.unit != draft.currency), None)
        if other is not None:
            return Problem("impossible", f"{ground.title(other)} is not kept in {draft.currency}.")
    if draft.only and (draft.held or draft.part_did or draft.doers or (draft.things and draft.things.havings)):
        return Problem("unclear", "Whether they did nothing else is asked cannot be read.")
    is_tally = any(kind_of(ground.model.metrics[name]) == "count" for name in metrics)
    if draft.wants == WHICH and not reading.query.dimensions and is_tally:
        return NONSENSE
    if _is_empty(ground, reading):
        return Problem("impossible", "What is asked for is left out of that figure, so that there is never any.")
    bases = ground.places.bases(metrics)
    for noun in draft.about:  # satisfaction of orders: said of what has no satisfaction
        if not any(ground.places.reach(field.name, bases) is not None for field in noun.fields):
            return NONSENSE
    if draft.havings and draft.about:  # by area for customers with more than 3 claims: not areas with more than 3
        names = {field.name for field in draft.about[-1].fields}
        if not reading.query.dimensions or reading.query.dimensions[0].name not in names:
            return NONSENSE
    return None


WHICH = "which"
"""What `which` asks for: things, not how many there are."""


def _is_empty(ground: Ground, reading: Reading) -> bool:
    """Say whether a condition wants what the metric itself leaves out: orders, which are not returned, returned."""
    wanted = {each.field for each in conditions_of(reading.query.where) if each.op == "=" and each.value is True}
    for name in reading.query.metrics:
        for atom in ground.model.formulas[name].atoms.values():
            for tree in atom.filters:
                column = tree.this if isinstance(tree, exp.Not) else None
                if isinstance(column, exp.Column) and f"{column.table}.{column.name}" in wanted:
                    return True
    return False


def asks_and_says(draft: Draft, reading: Reading) -> bool:
    """Say whether a reading asks for a dimension and has a value of it: at which stage, and that it is the cart's."""
    if draft.which is None:
        return False
    asked = {field.name for field in draft.which.fields}
    return any(condition.field in asked for condition in conditions_of(reading.query.where) if condition.op == "=")


def _is_tally(ground: Ground, draft: Draft, metric: str) -> bool:
    """Say whether a metric is how many there are, where it was asked how big they are: baskets, not customer base."""
    if draft.share or draft.stat is not None or kind_of(ground.model.metrics[metric]) != "count":
        return False
    said = [phrase(word.text)[-1:] for word in draft.metrics if metric in word.names]
    return any(stems(word) != word for word in said)


def is_implied(ground: Ground, word: MetricWord, metric: str) -> bool:
    """Say whether every row a metric counts is one of the things that a word names: each click one of a campaign."""
    return any(kind_of(ground.model.metrics[name]) == "count" and _covers(ground, name, metric) for name in word.names)


def _covers(ground: Ground, things: str, metric: str) -> bool:
    wanted = {(atom.base, tree.sql()) for atom in _atoms(ground, things) for tree in atom.filters}
    bases = {atom.base for atom in _atoms(ground, things)}
    return all(
        {atom.base} == bases and wanted <= {(atom.base, tree.sql()) for tree in atom.filters}
        for atom in _atoms(ground, metric)
    )


def _atoms(ground: Ground, metric: str) -> tuple[Any, ...]:
    return tuple(ground.model.formulas[metric].atoms.values())


def counter_of(ground: Ground, field: str) -> str | None:
    """Return the one metric that counts all rows of a dimension's table, or of the things it describes."""
    owner = field.rpartition(".")[0]
    owners = {owner}
    for _, noun in ground.vocabulary.nouns():
        held = {each.name.rpartition(".")[0] for each in noun.fields}
        if owner in held and all(ground.vocabulary.is_key(each.name) for each in noun.fields):
            owners |= held
    found = []
    for name, formula in ground.model.formulas.items():
        atom = formula.sole_atom
        if (
            atom is not None
            and not atom.filters
            and atom.base in owners
            and atom.aggregate.sql() in _counts(ground, atom.base)
        ):
            found.append(name)
    return found[0] if len(found) == 1 else None


def _counts(ground: Ground, base: str) -> set[str]:
    """Return the aggregates that count the rows of a table: those of its keys."""
    dataset = ground.model.datasets[base]
    keys = [key[0] for key in (dataset.primary_key, *dataset.unique_keys) if len(key) == 1]
    return {f"COUNT({base}.{key})" for key in keys}


def counted_rows(ground: Ground, atom: Any) -> bool:
    """Say whether an aggregate counts the rows of its table, each once."""
    return atom.aggregate.sql() in _counts(ground, atom.base)


def is_part(ground: Ground, part: str, whole: str) -> bool:
    """Say whether one metric counts some of the rows that another counts."""
    one, other = ground.model.formulas[part].sole_atom, ground.model.formulas[whole].sole_atom
    if one is None or other is None or one.base != other.base or one.aggregate.sql() != other.aggregate.sql():
        return False
    mine, theirs = ({tree.sql() for tree in atom.filters} for atom in (one, other))
    return theirs < mine


def pieces_meant(ground: Ground, draft: Draft) -> Draft | None:
    """Return the other meaning of ``how many products did we sell``: how many pieces of them, not how many kinds."""
    things = draft.things
    if things is None or draft.wants == "things" or len(things.havings) != 1 or draft.havings:
        return None
    (having,) = things.havings
    if (having.op, having.number.value) != (">", 0) or having.needs is not None:
        return None
    names = having.metric.names
    pieces = tuple(name for name in names if ground.model.metrics[name].c360.unit == "items")
    if not pieces:  # items that were returned: kinds of them, or times
        pieces = tuple(name for name in names if kind_of(ground.model.metrics[name]) == "count")
    fields = [each.name for each in things.noun.fields] if things.noun.is_name else []  # carts left are no stock
    pieces = tuple(
        n for n in pieces if any(ground.places.reach(f, ground.places.bases((n,))) is not None for f in fields)
    )
    if not pieces:
        return None
    word = MetricWord(pieces, having.metric.text)
    return replace(draft, head="figure", things=None, metrics=(word,), conds=(*things.conds, *draft.conds))


def counted_by_value(ground: Ground, draft: Draft) -> Draft | None:
    """Return ``how many Champions`` as a figure: the count of what has that value."""
    names: set[str] = set()
    for cond in draft.conds:
        if isinstance(cond, Either) or not isinstance(cond, Members):
            return None
        far = min(option.field.far for option in cond.options)
        counters = {counter_of(ground, option.field.name) for option in cond.options if option.field.far == far}
        names |= {name for name in counters if name is not None}
    if len(names) != 1:
        return None
    (name,) = names
    return replace(draft, head="figure", metrics=(MetricWord((name,), name),))


def events_counted(ground: Ground, draft: Draft) -> Draft | None:
    """Return ``disputes filed by phone`` as how many there are: rows of a fact are counted unless a list is asked."""
    things = draft.things
    if draft.head != "things" or things is None or draft.metrics or not things.conds:
        return None
    owners = {field.name.rpartition(".")[0] for field in things.noun.fields}
    facts = {owner for owner in owners if ground.model.datasets[owner].c360.role == "fact"}
    counters = {counter_of(ground, field.name) for field in things.noun.fields} - {None}
    did = [having for having in things.havings if (having.op, having.number.value) == (">", 0)]
    if not facts or len(counters) != 1 or len(did) < len(things.havings):
        return None
    (name,) = counters
    if not all(_is_key_of_rows(ground, field.name) for field in things.noun.fields):
        return None
    if any(having.when or having.needs or name not in having.metric.names for having in did):
        return None
    conds = (*things.conds, *(cond for having in did for cond in having.conds), *draft.conds)
    word = MetricWord((str(name),), things.noun.text)
    return replace(draft, head="figure", things=None, metrics=(word,), conds=conds)


def _is_key_of_rows(ground: Ground, field: str) -> bool:
    owner, _, own = field.rpartition(".")
    dataset = ground.model.datasets[owner]
    return (own,) in (dataset.primary_key, *dataset.unique_keys)


def by_merit(ground: Ground, rank: Rank, metric: str) -> Rank | Problem:
    """Return a ranking with its direction: the best of what is better low is the lowest."""
    if not rank.by_merit:
        return rank
    better = ground.model.metrics[metric].c360.better
    if better == "down":
        return replace(rank, ascending=not rank.ascending, by_merit=False)
    if better == "up" or ground.model.formulas[metric].is_additive:
        return replace(rank, by_merit=False)
    word = "worst" if rank.ascending else "best"
    title = ground.title(metric)
    return Problem("unclear", f"Whether a high {title} is good is not said.", f"Say highest or lowest, not {word}.")
