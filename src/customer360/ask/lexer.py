"""Find what each word of a question may be: a name of the model, a value of the data, a time, a number, a joint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Edge
from customer360.ask.countwords import count_words
from customer360.ask.courtesy import LEADING, courtesy_phrases
from customer360.ask.dropped import cuts_of, without_loose_commas
from customer360.ask.grammar_nouns import of_things
from customer360.ask.inflect import is_order, stems
from customer360.ask.joints import CLOSED, COPULA, LANGUAGE, LONGEST_CLOSED, SPANS_OVER, joints, numbers
from customer360.ask.meaning import Field, Member, Members, MetricWord, Noun, Things, When
from customer360.ask.namedvalues import NamedValues
from customer360.ask.people import NAME_COST, doers, people_words
from customer360.ask.places import NUMERIC
from customer360.ask.times import Found, read_times
from customer360.ask.timesbefore import LONGEST_REFERRED, is_following, referred_times
from customer360.ask.timewords import EVER, KEPT
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from datetime import date

    from customer360.ask.valueindex import ValueIndex
    from customer360.ask.vocabulary import Entry, Vocabulary
    from customer360.ask.words import Token
    from customer360.semantic.calendar_units import Calendar

_COURTESY = courtesy_phrases()
_LONGEST_COURTESY = max(len(key) for key in _COURTESY)
_SHARES = frozenset(key for key, found in CLOSED.items() if {"SHARE", "PORTION"} & set(found))
_MEANS = frozenset({"average", "mean", "median"})
_BEFORE_VALUES = frozenset({"by", "in", "on", "via", "over", "through", "at", "from", "with", "of", "to"})
_ARTICLES = frozenset({"the", "a", "an", "our", "my", "your", "their", "its", "is", "are", "was", "were"})
CLOSED_WORDS = LANGUAGE | {word for key in _COURTESY for word in key}
FUNCTION_PHRASES = frozenset(key for key in (*CLOSED, *_COURTESY))

COUNTED_COST = 1
"""What it costs to take a word for things when it also names how many there are: orders."""
BESIDE_COST = 2
"""What it costs more to take a word for a value that is a metric too, or for one that is said of several: VIPs."""
NOUN_COST = 6
"""What it costs more to take the name of things for a verb: orders."""
FAR_COST = 15
"""What it costs to take a value for that of a dimension of which only a shorter name would fit."""


@dataclass(frozen=True)
class Lexed:
    """The words that were kept, their possible parts, and those that are nothing known."""

    tokens: tuple[Token, ...]
    edges: tuple[Edge, ...]
    unknown: tuple[Token, ...] = ()
    colliding: int = field(default=0)
    """Whether a courtesy word was kept because the model or the data have it too; 1: only verbs, which say more."""


class Lexer:
    """Knows one model and its data."""

    def __init__(self, vocabulary: Vocabulary, values: ValueIndex, as_of: date, calendar: Calendar) -> None:
        self.vocabulary = vocabulary
        self.values = values
        self.as_of = as_of
        self.calendar = calendar
        self._named = NamedValues(vocabulary, values)

    def read(self, tokens: Sequence[Token], *, drop_colliding: bool = False) -> Lexed:
        """Return the parts of a question, courtesy words dropped."""
        kept, collides = self._without_courtesy(tuple(tokens), drop_colliding=drop_colliding)
        words = stems(tuple(token.text for token in kept))
        edges: list[Edge] = []
        cuts = cuts_of(tuple(tokens), kept)
        edges += self._names(words, kept, cuts)
        times = read_times(words, self.as_of, self.calendar)
        edges += self._values(words, kept, cuts, frozenset((found.start, found.end) for found in times))
        edges += doers(self.vocabulary, words, kept)
        edges += people_words(self.vocabulary.people, kept)
        edges += (edge for edge in joints(words, kept) if edge.category != "PARTED" or not self._is_named(words, edge))
        edges += numbers(words, kept)
        edges += count_words(words, kept)
        edges += _times(times)
        edges += (Edge(start, end, "REFTIME", when) for start, end, when in referred_times(words))
        covered = {at for edge in edges for at in range(edge.start, edge.end)}
        unknown = tuple(token for at, token in enumerate(kept) if at not in covered)
        return Lexed(kept, tuple(edges), unknown, collides)

    def _without_courtesy(self, tokens: tuple[Token, ...], *, drop_colliding: bool) -> tuple[tuple[Token, ...], int]:
        words = stems(tuple(token.text for token in tokens))
        named = self.inside_names(words)
        shared = _first_share(words)
        kept: list[Token] = []
        collides, is_soft = False, True
        at = 0
        while at < len(tokens):
            is_later = any(each.text != "," for each in kept)
            size = 0 if tokens[at].kind == "quoted" else _courtesy(words, at, named, is_later=is_later)
            if size == 1 and (self._says_something(words, tokens, at, shared) or (kept and self._is_open(words[at]))):
                size = 0
            if size:
                own = size == 1 and (self.is_content(words[at : at + 1]) or words[at : at + 1] in CLOSED)
                if own and self._is_shouted(tokens, at):  # PRODUCE revenue: as the value is written
                    kept.append(tokens[at])
                    at += 1
                    continue
                collides = collides or own
                is_soft = is_soft and not (own and not self._is_deed(words[at : at + 1]))
                if not own or drop_colliding:
                    at += size
                    continue
            kept += tokens[at : at + max(size, 1)]
            at += max(size, 1)
        return without_loose_commas(kept), (2 - is_soft) * collides

    def _says_something(self, words: tuple[str, ...], tokens: tuple[Token, ...], at: int, shared: int) -> bool:
        """Say whether a word of courtesy changes the question where it stands."""
        if words[at] == "how" and self._asks_degree(words[at + 1 : at + 3], tokens[at + 1 : at + 3]):
            return True  # how loyal are our customers: no figure says it
        if words[at] == "still" and self._is_deed(words[at + 1 : at + 2]):
            return True  # customers who still buy: not all who ever did
        return tokens[at].text in COPULA and at >= shared  # what share of those with a plan ARE in the north

    def _is_open(self, word: str) -> bool:
        """Say whether a word is courtesy only before the question, since the data have it too: mailings in print."""
        return word in _OPEN_COURTESY and any(True for _ in self.values.lookup((word,)))

    def _is_shouted(self, tokens: tuple[Token, ...], at: int) -> bool:
        """Say whether a word stands in capitals in a question that does not, just as a value of the data does."""
        raw = tokens[at].raw
        others = [token.raw for token in tokens if token.raw.isalpha() and token.raw != raw]
        if len(raw) < 2 or not raw.isupper() or all(each.isupper() for each in others):  # noqa: PLR2004 -- one letter
            return False
        return any(value == raw for _, value in self.values.lookup(stems((tokens[at].text,))))

    def _is_deed(self, words: tuple[str, ...]) -> bool:
        """Say whether a word is a verb of the model and nothing else."""
        entries = self.vocabulary.lookup(words)
        return bool(entries) and all(entry.sort == "VERB" for entry in entries) and words not in CLOSED

    def _asks_degree(self, words: tuple[str, ...], tokens: tuple[Token, ...]) -> bool:
        """Say whether an adjective and a copula follow ``how``; a metric there says what is shown: how sales are."""
        if len(tokens) < 2 or tokens[1].text not in COPULA or words[:1] != (tokens[0].text,):  # noqa: PLR2004 -- a pair
            return False
        return not any(entry.sort == "METRIC" for entry in self.vocabulary.lookup(words[:1]))

    def inside_names(self, words: tuple[str, ...]) -> set[int]:
        """Return the places of words inside a name or value of several words."""
        return {at for span in self.name_spans(words) for at in range(*span)}

    def name_spans(self, words: tuple[str, ...], *, joints: bool = True) -> list[tuple[int, int]]:
        """Return where names and values of several words begin and end, joints of several words with them."""
        found: list[tuple[int, int]] = []
        longest = max(self.vocabulary.longest, self.values.longest, LONGEST_CLOSED, LONGEST_REFERRED)
        is_then = self._says_when(words)
        for start in range(len(words)):
            if words[start - 1 : start] == ("how",) and words[start] in ("do", "did"):
                continue  # how do the channels compare: no deed
            for end in range(start + 2, min(start + longest, len(words)) + 1):
                span = words[start:end]
                if (
                    (joints and (span in CLOSED or span in EVER or span in KEPT or span in SPANS_OVER))
                    or is_following(span)
                    or any(not (is_then and self._is_timeless(e)) for e in self.vocabulary.lookup(span))
                    or any(True for _ in self.values.lookup(span))
                ):
                    found.append((start, end))
        return found

    def _is_named(self, words: tuple[str, ...], edge: Edge) -> bool:
        """Say whether a word of splitting names something here: group, where products have groups."""
        entries = self.vocabulary.lookup(words[edge.start : edge.end])
        return any(entry.sort != "VERB" for entry in entries)

    def is_content(self, words: tuple[str, ...]) -> bool:
        """Say whether words name something of the model or the data."""
        return bool(self.vocabulary.lookup(words)) or (
            not _is_function(words) and any(True for _ in self.values.lookup(words))
        )

    def _noun(self, fields: tuple[Field, ...], text: str, *, is_plural: bool, apart: bool) -> Noun:
        """Return a noun with what can be said of it."""
        noun = Noun(fields, text)
        is_name = all(self.vocabulary.is_name(each.name) for each in fields)
        kinds = self._is_entity(noun), is_plural, self._is_numeric(noun), self._is_date(noun), is_name
        return Noun(fields, text, *kinds, apart)

    def _names(self, words: tuple[str, ...], tokens: Sequence[Token], cuts: frozenset[int]) -> Iterator[Edge]:
        timed = {(found.start, found.end) for found in read_times(words, self.as_of, self.calendar)}
        is_then = self._says_when(words)
        for start in range(len(words)):
            for end in range(start + 1, min(start + self.vocabulary.longest, len(words)) + 1):
                if any(token.kind == "quoted" for token in tokens[start:end]) or cuts & set(range(start + 1, end)):
                    continue
                tail = int(any((at, end) in timed for at in range(start + 1, end)))  # revenue (this year)
                said = tuple(token.text for token in tokens[start:end])
                text = " ".join(token.text for token in tokens[start:end])
                is_plural = words[end - 1] != tokens[end - 1].text
                for entry in self.vocabulary.lookup(words[start:end]):
                    if entry.noun is None:
                        if is_then and self._is_timeless(entry):
                            continue  # people without an order in May: not those who never had one
                        names = self.vocabulary.as_written(entry.metrics, said)
                        names = names if entry.sort == "METRIC" else entry.metrics
                        rivals = [e for e in self.vocabulary.lookup(words[start:end]) if e is not entry]
                        is_same = any(set(e.metrics) & set(entry.metrics) for e in rivals)
                        if entry.sort == "VERB" and start == 0 and is_order(said[0]) and len(words) > end:
                            continue
                        is_noun = entry.sort == "VERB" and (is_same or (is_plural and bool(rivals)))
                        yield Edge(
                            start, end, entry.sort, MetricWord(names, text), NAME_COST + tail + NOUN_COST * is_noun
                        )
                    elif entry.sort == "FLAG":
                        yield Edge(start, end, "FLAG", self._flag(entry.noun, text), NAME_COST)
                    else:
                        noun = self._noun(entry.noun.fields, text, is_plural=is_plural, apart=start in cuts)
                        counted = noun.is_entity and any(
                            e.sort == "METRIC" for e in self.vocabulary.lookup(words[start:end])
                        )
                        yield Edge(start, end, "NOUN", noun, NAME_COST + COUNTED_COST * counted)

    def _says_when(self, words: tuple[str, ...]) -> bool:
        """Say whether a time is named that is not all the time."""
        return any(found.when != When(text=found.when.text) for found in read_times(words, self.as_of, self.calendar))

    def _is_timeless(self, entry: Entry) -> bool:
        """Say whether a name tells people by what they did, whenever that was: not those who did so in May."""
        if not entry.is_clause or not any(map(self.vocabulary.counts_people, entry.metrics)):
            return False
        atoms = (atom for name in entry.metrics for atom in self.vocabulary.model.formulas[name].atoms.values())
        return all(atom.time_field is None for atom in atoms)

    def _is_entity(self, noun: Noun) -> bool:
        return all(self.vocabulary.is_key(each.name) for each in noun.fields)

    def _is_numeric(self, noun: Noun) -> bool:
        found = (self.vocabulary.field(each.name) for each in noun.fields)
        return any(field is not None and field.c360.role != "key" and field.datatype in NUMERIC for field in found)

    def _is_date(self, noun: Noun) -> bool:
        found = (self.vocabulary.field(each.name) for each in noun.fields)
        return all(field is not None and field.is_time and field.datatype == "Date" for field in found)

    def _flag(self, noun: Noun, text: str) -> Members:
        return Members(tuple(Member(each, (True,)) for each in noun.fields), text)

    def _values(
        self, words: tuple[str, ...], tokens: Sequence[Token], cuts: frozenset[int], timed: frozenset[tuple[int, int]]
    ) -> Iterator[Edge]:
        for start in range(len(words)):
            if tokens[start].kind == "quoted":
                yield from self._quoted(start, tokens[start])
                continue
            for end in range(start + 1, min(start + self.values.longest, len(words)) + 1):
                span = words[start:end]
                if (
                    cuts & set(range(start + 1, end))
                    or (start, end) in timed  # October orders: those of last October, not of all Octobers
                    or span[0] in _MEANS
                    or _is_function(span)
                    or (len(span) == 1 and (span[0].isdigit() or len(span[0]) == 1))
                ):
                    continue
                members = self._named.members(span, " ".join(token.raw for token in tokens[start:end]))
                if members is not None:
                    yield from self._value(members, start, end, words, tokens)

    def _value(
        self, members: Members, start: int, end: int, words: tuple[str, ...], tokens: Sequence[Token]
    ) -> Iterator[Edge]:
        """Yield a value, also with what it is a value of: Loyal Customers."""
        if end > start + 1 and tokens[start].text in _BEFORE_VALUES:  # by phone: also what is called phone alone
            members = self._named.without_joint(members, words[start + 1 : end])
        cost = NAME_COST + FAR_COST * min(option.field.far for option in members.options)
        ends = [(word, at) for at in range(start + 1, end) for word in self.vocabulary.lookup(words[at:end])]
        is_whole = tokens[start].text in _BEFORE_VALUES and _is_written(
            members, tuple(t.text for t in tokens[start:end])
        )
        is_dearer = bool(ends and not is_whole) + (
            end == start + 1 and self._is_name(members, words[start:end], tokens[start].text)
        )
        is_plural = words[end - 1] != tokens[end - 1].text
        is_many = is_plural and not _is_written(members, tuple(token.text for token in tokens[start:end]))
        nouns = tuple(self.vocabulary.things_with({o.field.name for o in members.options})) if is_many else ()
        named = any(entry.sort == "METRIC" for entry in self.vocabulary.lookup(words[start:end]))
        dearer = NAME_COST * is_dearer + BESIDE_COST * (named or bool(nouns and not ends))
        yield Edge(start, end, "VALUE", replace(members, is_many=bool(nouns and not ends)), cost + dearer)
        if is_many and not ends:
            for noun in nouns:
                yield Edge(start, end, "Things", Things(noun, (of_things(members, noun),)), cost + NAME_COST)
        for entry, at in ends:
            text = " ".join(token.text for token in tokens[at:end])
            members = self._named.with_shorter(members, words[start:at])
            if entry.sort == "METRIC":
                yield Edge(start, end, "SUCH", (members, MetricWord(entry.metrics, text)), cost + NAME_COST)
            elif entry.sort == "NOUN" and entry.noun is not None and self._is_entity(entry.noun):
                noun = Noun(entry.noun.fields, text, is_entity=True, is_plural=is_plural)
                yield Edge(start, end, "Things", Things(noun, (of_things(members, noun),)), cost + NAME_COST)

    def _is_name(self, members: Members, span: tuple[str, ...], said: str) -> bool:
        """Say whether a word is rather a name than a value: carts, where a stage is called `cart`; a verb always."""
        entries = self.vocabulary.lookup(span)
        is_verb = any(entry.sort == "VERB" for entry in entries)
        return bool(entries) and (is_verb or not _is_written(members, (said,)))

    def _quoted(self, at: int, token: Token) -> Iterator[Edge]:
        members = self._named.members(stems(phrase(token.text)), token.text)
        if members is not None:
            yield Edge(at, at + 1, "VALUE", members, NAME_COST)
        yield Edge(at, at + 1, "QUOTED", token.raw[1:-1].strip(), NAME_COST)


def _times(times: Sequence[Found]) -> Iterator[Edge]:
    for found in times:
        is_part = any(
            each.start <= found.start and found.end <= each.end and (each.start, each.end) != (found.start, found.end)
            for each in times
        )
        yield Edge(found.start, found.end, "TIME", found.when, found.cost + is_part)


def _is_function(words: tuple[str, ...]) -> bool:
    """Say whether words belong to the language itself, so that a value of that name must be put in quotes."""
    return words in FUNCTION_PHRASES and not (len(words) == 1 and words[0] in _OPEN_COURTESY)


_OPEN_COURTESY = frozenset(
    {
        "produce",
        "record",
        "report",
        "present",
        "generate",
        "contribute",
        "register",
        "chart",
        "print",
        "output",
        "draw",
        "extract",
    }
)


def _first_share(words: tuple[str, ...]) -> int:
    """Return the place behind the first words that ask for a share; behind all words when none do."""
    longest = max(len(key) for key in _SHARES)
    for at in range(len(words)):
        for end in range(min(at + longest, len(words)), at, -1):
            if words[at:end] in _SHARES:
                return end
    return len(words)


def _is_written(members: Members, said: tuple[str, ...]) -> bool:
    """Say whether a value is written just as it was said, not only in another number: `cart` for carts."""
    return any(phrase(str(value)) == said for option in members.options for value in option.values)


def _courtesy(words: tuple[str, ...], at: int, named: set[int], *, is_later: bool) -> int:
    """Return how many words from a place on say nothing; none where they are part of a name."""
    if is_later and words[at] in LEADING and words[at + 1 : at + 2] != ("you",):
        return 0
    sizes = range(min(_LONGEST_COURTESY, len(words) - at), 0, -1)
    return next((n for n in sizes if words[at : at + n] in _COURTESY and not named & set(range(at, at + n))), 0)
