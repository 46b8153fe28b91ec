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
_COUNT_AS = (
    "(?:count|counts|counted|qualify|qualifies|class|classed|classify|classified|regard|regarded|treat|treated|see|"
    "seen|label|labelled|tag|tagged|flag|flagged|mark|marked|rate|rated|rank|ranked|put down|categorise|categorised|"
    "categorize|categorized)"
)
_SAY = "(?:say|speak of|talk of|talk about|call|consider|deem|regard|treat|count|class|classify|see|label|rate)"
_RULE = (
    "(?:rules?|criteri(?:a|on)|thresholds?|limits?|cut ?offs?|boundar(?:y|ies)|conditions?|bands?|ranges?|"
    "requirements?|logic|brackets?|steps?|levels? needed)"
)
_HOLD = "(?:holds?|contains?|stores?|keeps?|carr(?:y|ies))(?! (?:the )?(?:most|least|more|fewe))"
_DAY = "(?:day|date|point in time|moment)"
_REACH = "(?:go|goes|reach|reaches|run|runs|extend|extends|last|lasts|cover|covers|include|includes)"
_WHOLE = "(?:complete|available|loaded|covered|recorded|known|up to date|current|in|filled|there)"
_FORMS: tuple[tuple[Form, str], ...] = (
    ("definition", f"(?:when|at what point|from what point) {_DO} (?:we|you|one|they) {_SAY}(?: that)? {_X}"),
    ("definition", f"(?:when|how|why) {_BE} (?P<x>.+? (?:{_COUNT_AS} as|considered|called|deemed)(?: to be)? .+)"),
    (
        "definition",
        f"(?:when|how|at what point) {_DO} (?P<x>.+? (?:{_COUNT_AS} as|become|turn into|get to be) .+)",
    ),
    ("definition", f"(?:what|who|which \\w+) {_BE} {_COUNT_AS} as {_X}"),
    ("definition", f"(?:what|who|which \\w+)(?: {_DO})? {_COUNT_AS} as {_X}"),
    (
        "definition",
        (
            f"(?:what|which) {_DO} (?:it|one|somebody|someone|a \\w+) (?:take|need)(?: in order)? to (?:be|become|"
            f"count as) {_X}"
        ),
    ),
    ("definition", f"what (?:makes|turns|qualifies) (?:.+? )?(?:into|as) {_X}"),
    ("definition", f"(?:what {_BE} |explain |show |tell me )?(?:the )?{_RULE} (?:of|for|behind|to be|between) {_X}"),
    (
        "definition",
        (
            f"(?:what|which) {_RULE} (?:{_BE} (?:there|used|applied|behind)|{_DO} (?:we|you) (?:use|apply)) (?:for|in|"
            f"to) {_X}"
        ),
    ),
    (
        "definition",
        (
            f"how {_BE} {_X} (?:come about|arrived at|put together|obtained|made up|set|decided|assigned|drawn|split "
            f"up|explained)"
        ),
    ),
    (
        "definition",
        f"how {_DO} (?:we|you|one|they) (?:arrive at|come up with|get|obtain|assign|decide|decide on|tell) {_X}",
    ),
    ("definition", f"how {_DO} {_X} (?:come about|work|get calculated|get computed)"),
    (
        "definition",
        f"what (?:goes|flows|enters) into (?:the )?(?:calculation of|computation of|formula of|definition of) {_X}",
    ),
    (
        "definition",
        (
            f"(?:in )?(?:what|which) (?:unit|currency)s? {_BE} {_X}(?: measured| shown| given| reported| "
            f"expressed)?(?: in)?"
        ),
    ),
    ("definition", f"what {_BE} (?:included|counted|contained|covered|summed|added up) (?:in|under|by) {_X}"),
    ("definition", f"(?:what {_BE} )?(?:behind|hidden behind|understood as) {_X}"),
    (
        "coverage",
        (
            f"(?:up to|until|till|through|to|by) (?:which|what|when) ?{_DAY}? (?:{_BE}|{_DO}|have|has) {_X} "
            f"(?:{_WHOLE}|{_REACH}|been loaded|been filled)"
        ),
    ),
    (
        "coverage",
        (
            f"(?:how far|how long|how recently|to when|until when|through when) (?:back )?(?:{_DO}|{_BE}|have|has) "
            f"{_X} (?:{_REACH}|{_WHOLE})(?: back| up| to)?"
        ),
    ),
    (
        "coverage",
        (
            f"(?:what|which) {_BE} (?:the )?(?:first|earliest|oldest|last|latest|newest|most recent) {_DAY} (?:with|in|"
            f"of|for|covered by|that has|on record for) (?:any )?{_X}"
        ),
    ),
    ("coverage", f"(?:what|which) (?:first|earliest|oldest|last|latest|newest|most recent) {_DAY} {_DO} {_X} have"),
    (
        "coverage",
        f"(?:from|since) (?:when|what {_DAY}|which {_DAY}) (?:{_BE}|{_DO}) {_X} (?:{_WHOLE}|start|begin|exist|kept)",
    ),
    ("coverage", f"from when (?:to|until|till) when (?:{_BE}|{_DO}|have|has) {_X} (?:{_WHOLE}|{_REACH})"),
    ("coverage", f"how many (?:years|months|days|weeks) of {_X} (?:{_DO} (?:we|you) have|{_BE} there|are available)"),
    (
        "coverage",
        f"when {_BE} the (?:first|last|latest|earliest|most recent) (?:day|date|record|entry|row) (?:of|in|for) {_X}",
    ),
    (
        "freshness",
        (
            f"(?:as of|of|from|for|on) (?:which|what) {_DAY} (?:{_BE}|{_DO}) {_X}(?: stand| date| come)?(?: as of| "
            f"from| on| for)?"
        ),
    ),
    (
        "freshness",
        f"(?:which|what) {_DAY} (?:{_BE}|{_DO}) {_X} (?:stand on|stand at|from|as of|refer to|relate to|dated|reflect)",
    ),
    (
        "freshness",
        (
            f"(?:what|which) {_BE} (?:the )?(?:as of|reporting|report|cut off|data|reference|effective) date(?: (?:of|"
            f"for|in) {_X})?"
        ),
    ),
    ("freshness", f"how (?:stale|outdated|timely|old|recent|up to date) {_BE} {_X}"),
    ("freshness", f"when {_BE} the {_NEWEST} (?:load|refresh|update|import|build|run)(?: (?:of|for) {_X})?"),
    (
        "freshness",
        (
            f"when {_BE} {_X} (?:last |most recently )?(?:brought up to date|reloaded|synced|synchronised|recalculated|"
            f"published)"
        ),
    ),
    ("lineage", f"(?:which|what) {_SOURCES} {_HOLD} {_X}"),
    (
        "lineage",
        (
            f"(?:in|from|out of) (?:which|what) {_SOURCES} (?:{_BE}|{_DO}|can (?:i|we) find|do (?:i|we|you) find) "
            f"{_X}(?: stored| kept| held| found| come| recorded| live| sit| to be found)?(?: from)?"
        ),
    ),
    (
        "lineage",
        (
            f"where (?:can|do|could|would) (?:i|we|one|you) (?:find|look up|look for|get|see) (?:the )?(?:data|rows|"
            f"table|records|source|raw data) (?:of|for|on|about|behind) {_X}"
        ),
    ),
    ("lineage", f"where {_DO} (?:we|you|they) (?:get|take|pull|draw|read|keep|store) {_X}(?: from| in)?"),
    (
        "lineage",
        (
            f"(?:what|which) (?:data|rows|records) {_BE} {_X} (?:based on|made of|built on|computed from|calculated "
            f"from|taken from)"
        ),
    ),
    (
        "owner",
        (
            f"(?:who|(?:which|what) (?:team|department|person|group|unit)) (?:owns|"
            f"(?:{_BE} )?(?:responsible|accountable|the contact|the contact person) for|{_BE} in charge of|answers for|"
            f"takes care of|looks after|is the contact for|is the contact person for|keeps|maintains) {_X}"
        ),
    ),
    (
        "owner",
        (
            f"(?:who|whom) (?:can|do|should|may) (?:i|we) (?:ask|contact|talk to|turn to) (?:about|on|regarding) "
            f"(?:the )?(?:definition of |figure of |data of |metric )?{_X}"
        ),
    ),
    (
        "values",
        (
            f"(?:what|which) (?:possible |allowed |different )?(?:values|members|options|entries) (?:can|may|could|"
            f"does|do|might) {_X} (?:have|take|take on|hold|be)"
        ),
    ),
    (
        "values",
        (
            f"(?:what|which) {_X} {_DO} (?:we|you) (?:distinguish|use|know|tell apart|work with|differentiate|"
            f"recognise|recognize)"
        ),
    ),
    ("values", f"(?:what|which) (?:kinds?|types?|sorts?) of {_X} {_THERE}"),
    (
        "values",
        (
            f"(?:into )?(?:what|which) {_X} {_BE} (?:customers|clients|products|people|orders|contacts) (?:divided|"
            f"split|sorted|grouped|put)(?: into)?"
        ),
    ),
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
        (
            f"(?:what|how) exactly (?:{_BE}|{_DO}) {_X}(?: mean| stand for| measure| measured| calculated| defined|"
            " computed| determined| worked out)?"
        ),
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
    ("owner", f"(?:whose|(?:which|what) (?:team|department)s?) (?:metric|figure|number|kpi|data) {_BE} {_X}"),
    ("owner", f"whose {_BE} {_X}"),
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
_EMPHASIS = re.compile(r"\b(?:exactly|precisely|actually|really|generally|officially|currently|right now) ?")
_WEAK = (
    ("definition", re.compile(f"(?:what {_BE} |explain )?(?:the )?difference between {_X}")),
    ("definition", re.compile(f"how {_DO} (?P<x>.+ differ from .+)")),
    ("definition", re.compile(f"how {_BE} (?P<x>.+ (?:different|distinct) from .+)")),
    ("definition", re.compile("what (?:distinguishes|separates|tells|sets) (?P<x>.+ (?:from|apart from) .+)")),
    ("definition", re.compile(f"what (?:makes|made|puts) {_X}")),
    ("definition", re.compile(f"(?:what|who|how|when) {_BE} {_X} (?:here|for us|in our terms|in our case)")),
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
        | {"please", "hi", "hello", "hey", "but"},
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
    for said in dict.fromkeys((text, _EMPHASIS.sub("", text))):
        for form, pattern in _PATTERNS:
            match = pattern.fullmatch(said)
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
