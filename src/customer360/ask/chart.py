"""Parse with a chart: every rule consumes neighbouring parts of fitting types; the cheapest meanings come first."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

Action = Callable[..., Hashable | None]
Made = TypeVar("Made", bound=Callable[..., Any])
"""Makes the meaning of the whole from those of its parts; None when they do not fit each other."""

MOST_EDGES = 40_000
"""A question that needs more is not read: it is too tangled to be read rightly."""


@dataclass(frozen=True)
class Edge:
    """A part of the question, from word ``start`` up to word ``end``, with a type and a meaning."""

    start: int
    end: int
    category: str
    meaning: Hashable
    cost: int = 0


@dataclass(frozen=True)
class Rule:
    """``result`` may be made of ``parts`` side by side."""

    result: str
    parts: tuple[str, ...]
    action: Action
    cost: int = 0


class Node:
    """The rules that begin with the same parts: what may come next, and what is whole here."""

    __slots__ = ("following", "whole")

    def __init__(self) -> None:
        self.following: dict[str, Node] = {}
        self.whole: list[Rule] = []


class Grammar:
    """Rules as a tree of their parts, so that rules that begin alike are followed together."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.root = Node()
        for rule in self.rules:
            node = self.root
            for part in rule.parts:
                node = node.following.setdefault(part, Node())
            node.whole.append(rule)


@dataclass(frozen=True, slots=True)
class _Open:
    """Rules of which the first parts are found; it ends where the next part must start."""

    node: Node
    meanings: tuple[Hashable, ...]
    start: int
    cost: int


class Chart:
    """All parts found in one question."""

    def __init__(self, grammar: Grammar, length: int) -> None:
        self._grammar = grammar
        self._length = length
        self._closed: dict[tuple[str, int], list[Edge]] = defaultdict(list)
        self._waiting: dict[int, list[_Open]] = defaultdict(list)
        self._known: set[tuple[str, int, int, Hashable]] = set()
        self._queue: list[tuple[int, int, Edge]] = []
        self._count = 0
        self.is_tangled = False
        self.most: int | None = None
        """What a part may cost: whoever takes the goals one by one lowers it when one will do."""

    def parse(self, lexical: Iterable[Edge], goal: str, slack: int = 0) -> Iterator[Edge]:
        """Yield the parts of type ``goal`` that span all words, cheapest first, within ``slack`` of the cheapest."""
        for edge in lexical:
            self._push(edge)
        while self._queue:
            cost, _, edge = heapq.heappop(self._queue)
            if self.most is not None and cost > self.most:
                break
            key = (edge.category, edge.start, edge.end, edge.meaning)
            if key in self._known:
                continue
            self._known.add(key)
            if edge.category == goal and edge.start == 0 and edge.end == self._length:
                self.most = cost + slack if self.most is None else self.most
                yield edge
            self._close(edge)
            if self._count > MOST_EDGES:
                self.is_tangled = True
                break

    def parts(self, category: str) -> list[Edge]:
        """Return every part of a type that was found, wherever it stands."""
        return [edge for (name, _), edges in self._closed.items() if name == category for edge in edges]

    def _push(self, edge: Edge) -> None:
        self._count += 1
        heapq.heappush(self._queue, (edge.cost, self._count, edge))

    def _close(self, edge: Edge) -> None:
        self._closed[edge.category, edge.start].append(edge)
        node = self._grammar.root.following.get(edge.category)
        if node is not None:
            self._advance(node, (edge.meaning,), edge.start, edge.end, edge.cost)
        for waiting in tuple(self._waiting.get(edge.start, ())):
            node = waiting.node.following.get(edge.category)
            if node is not None:
                meanings = (*waiting.meanings, edge.meaning)
                self._advance(node, meanings, waiting.start, edge.end, waiting.cost + edge.cost)

    def _advance(self, node: Node, meanings: tuple[Hashable, ...], start: int, end: int, cost: int) -> None:
        for rule in node.whole:
            made = rule.action(*meanings)
            if made is not None:
                self._push(Edge(start, end, rule.result, made, cost + rule.cost))
        if not node.following or end == self._length:
            return
        self._waiting[end].append(_Open(node, meanings, start, cost))
        for category, further in node.following.items():
            for edge in tuple(self._closed.get((category, end), ())):
                self._advance(further, (*meanings, edge.meaning), start, edge.end, cost + edge.cost)


class Rules:
    """Collects rules written as ``@rules("Clause", "BY Nouns")``; a part with ``?`` may be absent."""

    def __init__(self) -> None:
        self.all: list[Rule] = []

    def __call__(self, result: str, *patterns: str, cost: int = 0) -> Callable[[Made], Made]:
        """Register a function as the action of one or several patterns. Parts in ``<>`` are not handed to it."""

        def register(action: Made) -> Made:
            for pattern in patterns:
                for parts, kept in _variants(pattern.split()):
                    self.all.append(Rule(result, parts, _handed(action, kept), cost))
            return action

        return register


def _variants(parts: list[str]) -> list[tuple[tuple[str, ...], tuple[bool, ...]]]:
    """Return each way of leaving optional parts out. Optional parts are never handed to the action."""
    ways: list[tuple[tuple[str, ...], tuple[bool, ...]]] = [((), ())]
    for part in parts:
        name, optional = part.rstrip("?"), part.endswith("?")
        silent = optional or name.startswith("<")
        name = name.strip("<>")
        longer = [((*names, name), (*kept, not silent)) for names, kept in ways]
        ways = ways + longer if optional else longer
    return [way for way in ways if way[0]]


def _handed(action: Action, kept: tuple[bool, ...]) -> Action:
    if all(kept):
        return action
    places = tuple(number for number, keep in enumerate(kept) if keep)

    def made(*meanings: Any) -> Hashable | None:
        return action(*(meanings[place] for place in places))

    return made
