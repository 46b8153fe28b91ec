"""Rules for things counted, listed and ranked, for shares and for times."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.chart import Rules
from customer360.ask.grammar_deeds import at, doing
from customer360.ask.grammar_nouns import Havings
from customer360.ask.meaning import Draft, MetricWord, Noun, Number, Rank, Things, Versus, When

rules = Rules()


# ---- things counted and listed ---------------------------------------------------------------------------------------


@rules("Clause", "<HOWMANY> Things", "<HOWMANY> <OF> Things", cost=5)
def _count(things: Things) -> Draft:
    return Draft(head="count", things=things)


@rules("Clause", "<HOWMANY> Things Done", cost=8)
def _count_doing(things: Things, did: Havings) -> Draft | None:
    """Read ``how many insured filed a claim``: after how many, a noun needs no plural ending."""
    is_second = things.havings and any(having.verb or having.needs is None for having in did)
    made = doing(things, did) if is_second or not (things.havings or things.noun.is_plural) else None
    return Draft(head="count", things=made) if made is not None else None


@rules("Clause", "<HOWMANY> <DISTINCT> Things", cost=5)
def _count_distinct(things: Things) -> Draft:
    return Draft(head="count", things=things, wants="things")


@rules("Clause", "<IN> <WHICH> Things Havings", "<FOR> <WHICH> Things Havings")
def _in_which_held(things: Things, havings: Havings) -> Draft | None:
    """Read ``in which areas were claims above 40``."""
    return None if things.havings else Draft(head="list", things=doing(things, havings))


@rules("Clause", "<IN> <WHICH> Things Span Havings", "<FOR> <WHICH> Things Span Havings", "<WHICH> Things Span Havings")
def _in_which_held_then(things: Things, when: When, havings: Havings) -> Draft | None:
    return None if things.havings else Draft(head="list", things=doing(things, at(havings, when)))


@rules("Clause", "<HOWMANY> Things Span Havings", "<IN> <HOWMANY> Things Span Havings")
def _how_many_held_then(things: Things, when: When, havings: Havings) -> Draft | None:
    """Read ``(in) how many months of 2024 were claims above 40``."""
    return None if things.havings else Draft(head="count", things=doing(things, at(havings, when)))


@rules("Clause", "<IN> <HOWMANY> Things Havings", "<FOR> <HOWMANY> Things Havings")
def _in_how_many_held(things: Things, havings: Havings) -> Draft | None:
    return None if things.havings else Draft(head="count", things=doing(things, havings))


@rules("Clause", "<LIST> Things", "<WHICH> Things", "<LIST> <OF> Things", "<WHICH> <OF> Things")
@rules("Clause", "Things <ASLIST>", "Things <COMMA> <ASLIST>", "<ALL> Things <ASLIST>", "<ALL> Things <COMMA> <ASLIST>")
def _list(things: Things) -> Draft:
    return Draft(head="list", things=things)


@rules("Clause", "<EVERY> Things", "<LIST> <EVERY> Things", "<WHICH> Things Done", "<WHICH> Things Havings", cost=1)
def _each_that_did(things: Things, did: Havings = ()) -> Draft | None:
    """Read ``every policyholder who filed``, ``which policyholder filed``: one is said, and all are meant."""
    made = doing(things, did) if not (did and (things.havings or things.noun.is_plural)) else None
    return Draft(head="list", things=made) if made is not None and made.havings else None


@rules("Clause", "<LIST> <IDS> <OF> Things", "<IDS> <OF> Things")
def _list_of_ids(things: Things) -> Draft | None:
    """Read ``ids of the policyholders in the north``: those are what a list shows."""
    return Draft(head="list", things=things) if things.noun.is_entity else None


@rules("Things", "NOUN <IDNO>", cost=1)
def _ids_of_things(noun: Noun) -> Things | None:
    """Read ``the holder numbers with more than 3 claims``."""
    return Things(replace(noun, is_plural=True)) if noun.is_entity else None


@rules("Clause", "NOUN <IDNO>", "<LIST> NOUN <IDNO>", cost=1)
def _ids_will_do(noun: Noun) -> Draft:
    """Read ``(a list of) holder ids will do``, which says nothing more than what is listed."""
    return Draft(about=(noun,))


@rules("Clause", "<TOTAL> Things", cost=2)
def _total_of_rows(things: Things) -> Draft | None:
    """Read ``total disputes``."""
    return _plain_list(things) if not things.havings else None


@rules("Clause", "Things", cost=2)
def _plain_list(things: Things) -> Draft | None:
    is_told = things.havings or (things.conds and things.noun.is_entity)
    return Draft(head="things", things=things) if is_told else None


# ---- rankings --------------------------------------------------------------------------------------------------------

for _word, _ascending, _merit in (
    ("TOP", False, False),
    ("BOTTOM", True, False),
    ("BEST", False, True),
    ("WORST", True, True),
):

    @rules(
        "Clause",
        f"<{_word}> NUM Things",
        f"NUM <{_word}> Things",
        f"<WHICH> <{_word}> NUM Things",
        f"<WHICH> NUM <{_word}> Things",
    )
    def _ranked(number: Number, things: Things, ascending: bool = _ascending, merit: bool = _merit) -> Draft | None:
        return ranking(things, number, None, ascending=ascending, merit=merit)

    @rules("Clause", f"<{_word}> Things", f"<WHICH> <{_word}> Things", f"<WHICH> Things <{_word}>")
    def _best(things: Things, ascending: bool = _ascending, merit: bool = _merit) -> Draft | None:
        return ranking(things, None, None, ascending=ascending, merit=merit)

    @rules("Clause", f"<{_word}> NUM VERB Things", f"NUM <{_word}> VERB Things")
    def _best_doing(
        number: Number, verb: MetricWord, things: Things, ascending: bool = _ascending, merit: bool = _merit
    ) -> Draft | None:
        return ranking(things, number, verb, ascending=ascending, merit=merit)

    @rules("Clause", f"<{_word}> VERB Things", f"<WHICH> <{_word}> VERB Things")
    def _the_best_doing(
        verb: MetricWord, things: Things, ascending: bool = _ascending, merit: bool = _merit
    ) -> Draft | None:
        return ranking(things, None, verb, ascending=ascending, merit=merit)


@rules("Clause", "<TOP> NUM DOER", "NUM <TOP> DOER", "<BEST> NUM DOER", "NUM <BEST> DOER", "<WHICH> NUM <TOP> DOER")
def _so_many_doers(number: Number, doer: tuple[Noun, MetricWord]) -> Draft | None:
    """Read ``ten biggest payers``: by what they pay."""
    return ranking(Things(doer[0]), number, doer[1], ascending=False)


@rules("Clause", "<TOP> DOER", "<BEST> DOER", "<WHICH> <TOP> DOER")
def _first_doers(doer: tuple[Noun, MetricWord]) -> Draft | None:
    return ranking(Things(doer[0]), None, doer[1], ascending=False)


for _word, _ascending in (("MOST", False), ("LEAST", True)):

    @rules("Clause", f"<{_word}> VERB Things", f"<WHICH> <{_word}> VERB Things")
    def _most_done(verb: MetricWord, things: Things, ascending: bool = _ascending) -> Draft | None:
        return ranking(things, None, verb, ascending=ascending)

    @rules("Clause", f"<{_word}> NUM VERB Things", f"NUM <{_word}> VERB Things")
    def _so_many_done(number: Number, verb: MetricWord, things: Things, ascending: bool = _ascending) -> Draft | None:
        return ranking(things, number, verb, ascending=ascending)


def ranking(
    things: Things, number: Number | None, metric: MetricWord | None, *, ascending: bool, merit: bool = False
) -> Draft | None:
    """Return a ranking of things; a plural without a number is a list, a singular the first alone."""
    if things.havings or (
        number is not None and (number.unit or not isinstance(number.value, int) or number.value < 1)
    ):
        return None
    n = int(number.value) if number is not None else (None if things.noun.is_plural else 1)
    return Draft(head="list", rank=Rank(things.noun, n, ascending, metric, merit), conds=things.conds)


@rules("Clause", "<RANKING> Things <BY> Metric", "Things <RANKED> Metric", "<RANKING> Things <RANKED> Metric")
def _in_order(things: Things, metric: MetricWord) -> Draft | None:
    if things.havings:
        return None
    return Draft(head="list", rank=Rank(things.noun, 0, False, metric), conds=things.conds)


@rules("Clause", "<BY> <HOWMANY> Metric", "<BY> <HOWMUCH> Metric", cost=1)
@rules("Clause", "<BY> Metric", "<RANKED> Metric", "<WITH> Metric")
def _order_by(metric: MetricWord) -> Draft:
    return Draft(order_by=metric)


@rules("Clause", "<IN> Metric", "<FOR> Metric")
def _order_in(metric: MetricWord) -> Draft:
    """Read ``top 10 areas in payouts``, which a plain list says of something else."""
    return Draft(order_by=metric, loosely=True)


rules("Clause", "<DESC>")(lambda: Draft(order="desc"))
rules("Clause", "<ASC>")(lambda: Draft(order="asc"))


@rules("Span", "TIME", "<IN> TIME", "<OF> TIME", "<FROM> TIME", "<THROUGHOUT> TIME")
def _span(when: When) -> When:
    return when


@rules("Span", "<IN> <SPANWORD> TIME", "<FOR> <SPANWORD> TIME", "<SPANWORD> TIME")
def _span_from_to(when: When) -> When | None:
    """Read ``in the week from 18 to 24 November``."""
    is_range = when.text.startswith(("from ", "between ")) or {"to", "until", "till", "-", "through"} & set(
        when.text.split()
    )
    return when if is_range else None


# ---- times -----------------------------------------------------------------------------------------------------------


@rules("Clause", "Span", "<FOR> TIME")
def _when(when: When) -> Draft:
    return Draft(when=when)


@rules("Clause", "<ONLY> Span", "Span <ONLY>", "<ONLY> <FOR> TIME", "<FOR> TIME <ONLY>")
def _only_when(when: When) -> Draft:
    return Draft(when=when, only=True)


@rules("Clause", "<VS> TIME", "<VS> <IN> TIME")
def _against_time(when: When) -> Draft | None:
    return None if when.also else Draft(versus=Versus("time", when))


@rules("Clause", "<TO> TIME", cost=4)
def _to_time(when: When) -> Draft | None:
    """Read ``compare December to November``, and never a range without its start."""
    return None if when.also else Draft(versus=Versus("time", when, is_bare=True))


@rules("Clause", "<VS> <LASTYEARTOO>", "<YOY>", "<TO> <LASTYEARTOO>", "<VS> <YOY>")
def _against_last_year() -> Draft:
    return Draft(versus=Versus("same period last year"))


@rules("Clause", "<VS> <SAMEPERIOD> TIME", "<VS> <SAMEPERIOD> <IN> TIME", "<VS> <SAMEPERIOD> <OF> TIME")
def _against_same_in(when: When) -> Draft | None:
    """Read ``vs same period 2023``, which must be the year before."""
    return None if when.also else Draft(versus=Versus("same period last year", when))


@rules("Clause", "<VS> <LASTONE>")
def _against_last() -> Draft:
    """Read ``this quarter against last``."""
    return Draft(versus=Versus("time", When(relative="last")))


@rules("Clause", "<VS> NUM <BEFORE>", "<VS> NUM GRAIN <BEFORE>", "<VS> NUM <BEFORETOO>")
def _against_so_many_before(number: Number, *_: object) -> Draft | None:
    """Read ``last 7 days compared with the 7 before``."""
    is_plain = isinstance(number.value, int) and number.value > 0
    return Draft(versus=Versus("previous period", When(text=str(number.value)))) if is_plain else None


@rules("Clause", "<VS> <BEFORETOO>", "<POP>", "<TO> <BEFORETOO>")
def _against_before() -> Draft:
    return Draft(versus=Versus("previous period"))


rules("Clause", "<COMPARE>")(lambda: Draft(split=True))
