"""Walk from a dataset to the rows it belongs to: many-to-one relationships only, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from customer360.semantic.elements import Relationship
    from customer360.semantic.names import Directory

History = Literal["as_is", "as_was"]


@dataclass(frozen=True)
class Edge:
    """One step to at most one row: along a relationship, or back along a one-to-one."""

    relationship: Relationship
    backward: bool = False

    @property
    def source(self) -> str:
        """Where the step starts."""
        return self.relationship.target if self.backward else self.relationship.source

    @property
    def target(self) -> str:
        """Where the step arrives."""
        return self.relationship.source if self.backward else self.relationship.target

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Columns of the start and of the arrival that are equal."""
        forth = tuple(zip(self.relationship.source_columns, self.relationship.target_columns, strict=True))
        return tuple((b, a) for a, b in forth) if self.backward else forth


Path = tuple[Edge, ...]


def edges_from(directory: Directory, dataset: str) -> Iterator[Edge]:
    """Yield the steps that leave a dataset towards at most one row."""
    for relationship in directory.relationships.values():
        if relationship.source == dataset:
            yield Edge(relationship)
        elif relationship.target == dataset and is_one_to_one(directory, relationship):
            yield Edge(relationship, backward=True)


def is_one_to_one(directory: Directory, relationship: Relationship) -> bool:
    """Stated, or the foreign key is itself a declared key."""
    if relationship.c360.cardinality is not None:
        return relationship.c360.cardinality == "one_to_one"
    source = directory.datasets.get(relationship.source)
    return source is not None and any(set(key) == set(relationship.source_columns) for key in source.keys)


def all_paths(directory: Directory, base: str, target: str) -> list[Path]:
    """Return every path without a loop."""
    found: list[Path] = []

    def walk(here: str, path: Path, seen: frozenset[str]) -> None:
        if here == target:
            found.append(path)
            return
        for edge in edges_from(directory, here):
            if edge.target not in seen:
                walk(edge.target, (*path, edge), seen | {edge.target})

    walk(base, (), frozenset({base}))
    return found


def without_detours(paths: Sequence[Path]) -> list[Path]:
    """Return the paths that pass no needless dataset: ``cart -> customer`` wins over ``cart -> order -> customer``."""
    stops = [[edge.target for edge in path] for path in paths]
    return [
        path
        for path, passed in zip(paths, stops, strict=True)
        if not any(len(other) < len(passed) and _is_within(other, passed) for other in stops)
    ]


def _is_within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Say whether all stops of a path come in this order on another."""
    rest = iter(long)
    return all(stop in rest for stop in short)


def reachable(directory: Directory, base: str) -> set[str]:
    """Return the datasets of which each row of ``base`` has at most one row, itself included."""
    seen = {base}
    queue = [base]
    while queue:
        for edge in edges_from(directory, queue.pop()):
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append(edge.target)
    return seen


def find_path(directory: Directory, base: str, owner: str, history: History | None = None) -> Path | None:
    """Return the path from ``base`` to a dataset or role, None when there is none.

    A direct relationship wins over a way through other datasets, on every stretch of a path; a default over the others
    of its pair.
    Raises QueryError when several remain: which one is meant is not guessed.
    """
    if owner in directory.datasets:
        return _to_dataset(directory, base, owner, history)
    candidates = [
        relationship
        for relationship in directory.relationships.values()
        if owner in (relationship.role, relationship.name.casefold())
    ]
    paths: list[Path] = []
    for relationship in candidates:
        if relationship.source == base:
            paths.append((Edge(relationship),))
            continue
        first = _to_dataset(directory, base, relationship.source, history)
        if first is not None:
            paths.append((*first, Edge(relationship)))
    direct = [path for path in paths if len(path) == 1]
    return _only(base, owner, direct or paths)


def find_bridge(directory: Directory, base: str, owner: str, history: History | None = None) -> Path | None:
    """Return the path that crosses one declared bridge, None when no bridge helps.

    Its one step from one row to many is the step onto the bridge. Raises QueryError when several bridges would do.
    """
    found: list[Path] = []
    for dataset in directory.datasets.values():
        link = dataset.c360.bridge
        if link is None or dataset.name == base:
            continue
        for near, far in ((link.left, link.right), (link.right, link.left)):
            onto, off = directory.relationships[near], directory.relationships[far]
            first = _to_dataset(directory, base, onto.target, history)
            if first is None:
                continue
            across = (*first, Edge(onto, backward=True))
            if owner == dataset.name:
                found.append(across)
                continue
            last = find_path(directory, off.target, owner, history)
            if last is not None:
                found.append((*across, Edge(off), *last))
    return _only(base, owner, found)


def connect(directory: Directory, base: str, owner: str, history: History | None = None) -> Path | None:
    """Return the many-to-one path to a dataset or role, else the one across a bridge, else None."""
    return find_path(directory, base, owner, history) or (
        () if base == owner else find_bridge(directory, base, owner, history)
    )


def bridge_of(directory: Directory, path: Path) -> tuple[str, Path] | None:
    """Return the bridge that a path crosses and the path up to it, None when it is many-to-one all the way."""
    for number, edge in enumerate(path, start=1):
        if edge.backward and not is_one_to_one(directory, edge.relationship):
            return edge.target, path[:number]
    return None


def _to_dataset(directory: Directory, base: str, target: str, history: History | None) -> Path | None:
    if base == target:
        return ()
    paths = without_detours([path for path in all_paths(directory, base, target) if _fits(directory, path, history)])
    direct = [path for path in paths if len(path) == 1]
    if len(direct) > 1:
        direct = [path for path in direct if path[0].relationship.c360.default] or direct
    if direct:
        return _only(base, target, direct)
    if len(paths) > 1:
        paths = [path for path in paths if all(_is_default(directory, edge) for edge in path)] or paths
    return _only(base, target, paths)


def _fits(directory: Directory, path: Path, history: History | None) -> bool:
    """With as-was only steps to the version of the time, with as-is only steps to the current row."""
    if history is None:
        return True
    for edge in path:
        if directory.datasets[edge.target].c360.scd2 is None:
            continue
        temporal = edge.relationship.c360.temporal
        is_old = temporal is not None and temporal.mode != "current"
        if is_old != (history == "as_was"):
            return False
    return True


def _is_default(directory: Directory, edge: Edge) -> bool:
    pair = {edge.source, edge.target}
    rivals = [r for r in directory.relationships.values() if {r.source, r.target} == pair]
    return len(rivals) == 1 or edge.relationship.c360.default


def _only(base: str, target: str, paths: Sequence[Path]) -> Path | None:
    if len(paths) < 2:  # noqa: PLR2004 -- none or one: nothing to choose
        return paths[0] if paths else None
    ways = "; ".join(describe(path) for path in paths)
    roles = [path[-1].relationship.role or path[-1].relationship.name for path in paths]
    named = ", ".join(f"{role}.<field>" for role in dict.fromkeys(roles))
    raise QueryError(
        f"There are {len(paths)} ways from {base} to {target}: {ways}.",
        next_step=f"Say which: {named}."
        if len(set(roles)) > 1
        else "Give one of the relationships a role_name and use it.",
    )


def describe(path: Path) -> str:
    """Return a path in words: ``sales -> customer -> region (home region)``."""
    words = [path[0].source] if path else []
    for edge in path:
        role = edge.relationship.c360.role_name
        words.append(f"{edge.target} ({role})" if role else edge.target)
    return " -> ".join(words)
