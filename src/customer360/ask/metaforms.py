"""Know the questions that are about the data and the metrics themselves: what they mean, come from, cover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from customer360.ask.courtesy import COURTESY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.words import Token

Form = Literal["definition", "freshness", "coverage", "lineage", "owner", "catalogue", "dimensions", "values", "rows"]

_BE = "(?:is|are|was|were|be|been)"
_DO = "(?:does|do|did)"
_X = "(?P<x>.+?)"
_HAVE = f"(?:{_DO} (?:we|you) have|{_BE} there|have (?:we|you))"
_MEASURES = "(?:metrics?|measures?|kpis?|key figures?|indicators?|figures?)"
_CUTS = "(?:dimensions?|attributes?|breakdowns?|filters?|splits?)"
_THERE = (
    f"(?:{_BE} there|exist|{_DO} (?:we|you) (?:have|know)|{_BE} available|can (?:i|we) (?:use|ask for|ask|see)|"
    f"{_BE} known)"
)
_PERIOD = "(?:period|periods|time|time span|dates|date range|time range|range|years|months|days)"
_NEWEST = "(?:last|latest|newest|most recent)"
_ORIGIN = "(?:lineage|origin|source|sources|provenance)"
_MADE = "(?:computed|calculated|derived|built|made|taken|loaded|fed|filled|sourced|coming|read|worked out|put together)"
_FROM = f"(?:based on|built on|made of|from|{_MADE} (?:from|of|out of|with|by))"
_SOURCES = "(?:sources?|source systems?|systems?|data sources?|tables?|source tables?|datasets?|files?|data products?)"
_FEED = (
    "(?:feeds?|feed into|flows? into|goes into|go into|is behind|are behind|makes? up|contribute to|contributes to|"
    "is used for|are used for|is used in|are used in|provides?|suppl(?:y|ies)|delivers?|is used to calculate|"
    "are used to calculate|fills?)"
)
_FORMS: tuple[tuple[Form, str], ...] = (
    ("definition", f"what {_DO} {_X} (?:mean|stand for|tell(?: me| us)?|measure|include)(?: exactly)?"),
    ("definition", rf"what (?:makes|turns) (?:somebody|someone|a person|an? \w+|people) (?:into )?(?:an? )?{_X}"),
    ("definition", f"what {_BE} (?:meant|understood) (?:by|with|under) {_X}"),
    ("definition", f"(?:what {_BE} )?(?:the )?(?:meaning|definition|formula|calculation) (?:of|for|behind) {_X}"),
    ("definition", f"(?:define|explain|describe|what exactly {_BE})(?: what)?(?: me)? {_X}(?: means?| is| are)?"),
    ("definition", f"how {_BE} {_X} (?:calculated|computed|defined|measured|determined|derived|worked out|built up)"),
    ("definition", f"how {_DO} (?:we|you|one|they) (?:calculate|compute|define|measure|determine|derive) {_X}"),
    ("definition", f"how to (?:calculate|compute|define|measure|read|interpret) {_X}"),
    ("definition", f"(?:what|who) (?:counts|qualifies|count|qualify) as {_X}"),
    ("definition", f"(?:what|who) {_BE} an? {_X}"),
    ("definition", f"{_X} (?:definition|meaning|formula)"),
    ("freshness", f"how (?:fresh|current|recent|up to date|new|actual) {_BE} {_X}"),
    (
        "freshness",
        f"how old {_BE} (?:the |our |your |these |this )?(?P<x>data|figures|numbers|.+ (?:data|figures|numbers))",
    ),
    (
        "freshness",
        f"when {_BE} {_X}(?: last| most recently)? (?:updated|loaded|refreshed|built|imported|changed)(?: last)?",
    ),
    ("freshness", f"when {_DO} {_X} (?:last )?(?:update|refresh|load|change)(?: last)?"),
    ("freshness", f"(?:what {_BE} )?(?:the )?{_NEWEST} (?:update|refresh|load|data)(?:(?: of| for)? {_X})?"),
    ("freshness", f"(?:what {_BE} )?(?:the )?(?:freshness|age|timeliness) of {_X}"),
    ("freshness", f"{_X} freshness"),
    ("freshness", f"{_BE} {_X} (?:up to date|current|fresh|recent)"),
    ("coverage", f"(?:what|which) {_PERIOD} {_DO} {_X} (?:cover|span|include|contain)"),
    ("coverage", f"(?:what|which) {_PERIOD} {_BE} covered(?:(?: by| in)? {_X})?"),
    ("coverage", f"(?:since|from) (?:when|what date) (?:{_DO} we have|{_BE} there|{_DO} you have) {_X}"),
    ("definition", f"what means {_X}(?: exactly)?(?: here)?"),
    (
        "definition",
        f"(?:what|how) exactly (?:{_BE}|{_DO}) {_X}(?: mean| stand for| measure| measured| calculated| defined)?",
    ),
    (
        "dimensions",
        f"(?:by )?(?:what|which) {_CUTS} can (?:i|we|one) (?:split|group|break down|slice|cut) {_X}(?: by)?",
    ),
    ("catalogue", f"(?:what|which) {_MEASURES} {_DO} (?:we|you) have (?:about|on|for|of) .+"),
    (
        "freshness",
        "(?:which|what) (?:date|day) (?:is|are) (?:this|these|the) (?:data|numbers|figures|report) (?:as )?of",
    ),
    ("definition", f"what do (?:we|you|they) (?:mean|understand) (?:by|with|under) {_X}"),
    ("definition", f"how {_DO} (?:we|you) (?:define|get to|arrive at|come to|work out) {_X}"),
    (
        "coverage",
        f"(?:until|till|up to|since|from) (?:which|what) (?:day|date|month|year) {_HAVE}(?: any| the)? {_X}",
    ),
    (
        "coverage",
        f"(?:until|till|up to|since|from) when {_HAVE}(?: any| the)? (?:data (?:on|for|about) )?{_X}",
    ),
    ("coverage", f"how far back {_DO} {_X} (?:go|reach)"),
    ("coverage", f"(?:what {_BE} )?(?:the )?(?:date range|time range|period|time span) (?:of|covered by|in) {_X}"),
    ("coverage", f"when {_DO} {_X} (?:start|begin|end|stop)"),
    ("lineage", f"(?:which|what) (?:{_SOURCES} )?{_FEED} {_X}"),
    ("lineage", f"(?:which|what) {_SOURCES} {_DO} {_X} (?:use|come from|read|need|depend on|rely on)"),
    ("lineage", f"(?:which|what) {_SOURCES} {_BE} {_X} {_FROM}"),
    (
        "lineage",
        f"(?:from )?where {_DO} {_X} (?:come from|originate(?: from)?|get its data from|live)(?: which {_SOURCES})?",
    ),
    ("lineage", f"where {_BE} {_X} (?:stored|kept|{_MADE})(?: from)?"),
    ("lineage", f"(?:from )?(?:which|what) {_SOURCES} {_BE} {_X} {_MADE}(?: from)?"),
    ("lineage", f"(?:what {_BE} |show |show me )?(?:the )?(?:data )?{_ORIGIN} (?:of|for|behind) {_X}"),
    ("lineage", f"what {_BE} {_X} (?:based|built) on"),
    ("lineage", f"{_X} lineage"),
    ("owner", f"who (?:owns|maintains|manages|is responsible for|is in charge of|looks after) {_X}"),
    ("owner", f"(?:who {_BE} )?(?:the )?(?:owner|steward|maintainer) of {_X}"),
    ("catalogue", f"(?:what|which) {_MEASURES} {_THERE}"),
    ("catalogue", f"(?:list|list all|show all|show me all|give me all|name all) {_MEASURES}"),
    ("catalogue", "what (?:can|could|may) (?:i|we|one) ask(?: you| about| for)?"),
    ("catalogue", "what (?:can|do) you (?:answer|know|offer|do)"),
    ("catalogue", "help|what (?:questions )?can (?:i|we|you) (?:ask|answer)|which questions can (?:i|we) ask"),
    ("dimensions", f"(?:what|which) {_CUTS} {_THERE}(?: for {_X})?"),
    ("dimensions", f"(?:list|list all|show all) {_CUTS}(?:(?: of| for)? {_X})?"),
    ("dimensions", f"(?:by what|how|by which {_CUTS}) can (?:i|we|one) (?:split|group|break down|slice|cut) {_X}"),
    ("dimensions", f"(?:what|which) {_CUTS} {_DO} {_X} have"),
    ("values", f"(?:what|which) (?:possible )?(?:values|members|options) {_DO} {_X} (?:have|take)"),
    ("values", f"(?:what {_BE} |list )?(?:the )?(?:possible |all )?(?:values|members|options) (?:of|for) {_X}"),
    ("values", f"(?:what|which) {_X} {_THERE}"),
    ("rows", f"how many (?:rows|records|lines) (?:{_BE} (?:there )?in|{_DO}) {_X}(?: have| contain)?"),
)
_PATTERNS = tuple((form, re.compile(pattern)) for form, pattern in _FORMS)
_WEAK = (
    ("values", re.compile(f"(?:list|list all|show all|name|name all|enumerate)(?: of)? {_X}")),
    ("values", re.compile(f"what are {_X}")),
    ("definition", re.compile(f"(?:what|who) {_BE} {_X}")),
)
"""Read only when the words are no question for figures."""

_ARTICLES = frozenset({"the", "our", "my", "your", "please", "actually", "exactly", "all", "a", "an", "of"})
_POLITE = tuple(
    sorted(
        {
            text
            for text in COURTESY
            if len(text.split()) > 1
            and not re.match(r"(what|how|which|any|is|in|by|take|took|break|bring|brought)\b", text)
        }
        | {"please", "hi", "hello", "hey"},
        key=len,
        reverse=True,
    )
)


@dataclass(frozen=True)
class Asked:
    """A question about the data: its form, and the words of what it is about."""

    form: Form
    words: tuple[str, ...] = ()


def meta_question(tokens: Sequence[Token]) -> Asked | None:
    """Return the form of a question that can be nothing but one about metrics or data themselves."""
    text = _plain(tokens)
    for form, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            return Asked(form, _words(match))
    return None


def perhaps_meta(tokens: Sequence[Token]) -> list[Asked]:
    """Return the forms that a question may have which is none for figures: ``what is churn risk``."""
    text = _plain(tokens)
    found = []
    for form, pattern in _WEAK:
        match = pattern.fullmatch(text)
        if match is not None:
            found.append(Asked(form, _words(match)))  # type: ignore[arg-type]
    return found


_HERE = r" (?:in (?:this|our) (?:tool|model|system|report|dashboard|data|project|company|business)|here)$"


def _plain(tokens: Sequence[Token]) -> str:
    text = " ".join(token.text for token in tokens if token.text != ",")
    text = re.sub(
        r" (?:in (?:this|our) (?:tool|model|system|report|dashboard|data|project|company|business)|here)$", "", text
    )
    before = None
    while before != text:
        before = text
        for phrase in _POLITE:
            if text.startswith(phrase + " "):
                text = text.removeprefix(phrase).strip()
            if text.endswith(" " + phrase):
                text = text.removesuffix(phrase).strip()
    return text


def _words(match: re.Match[str]) -> tuple[str, ...]:
    given = match.groupdict().get("x") or ""
    words = given.split()
    while words and words[0] in _ARTICLES:
        words.pop(0)
    while words and words[-1] in _ARTICLES:
        words.pop()
    return tuple(words)
