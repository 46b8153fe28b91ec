"""Turn ways of speaking into the plain words that the grammar knows: which of our, comes first in, what is the total.

Only questions that are not understood as they stand are said so; no word that can change a number is lost.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.inflect import singular
from customer360.ask.numerals import NUMERALS
from customer360.ask.requests import request_length

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from customer360.ask.words import Token

    Made = str | Callable[[re.Match[str]], str]
    Spans = Sequence[tuple[int, int]]

_N = rf"(?:\d{{1,3}}|{'|'.join(word for word, value in NUMERALS.items() if value > 1)})"
_SPANS = "(?:days?|weeks?|months?|quarters?|years?|half|halves|hours?|minutes?)"
_BEHIND = "(?:by|in|on|for|with|at|in terms of|according to|regarding|when it comes to|measured by|based on)"
_HIGH = "(?:most|highest|best|top|largest|biggest|greatest|rank|ranked|ranking|sort|sorted|leading|strongest)"
_LOW = "(?:least|lowest|worst|bottom|smallest|fewest|weakest)"
_ASK = (
    "(?:give me|give us|show me|show|list|return|keep|name|take|pick|display|tell me|print|output|i need|we need|"
    "limit to|limit|stop after)"
)
_JUST = "(?:(?:just|only) )?"
_TAKE = f"(?:, )?(?:and )?(?:then )?(?:please )?{_JUST}(?:{_ASK} )?{_JUST}(?:(?:the|our) )?{_JUST}"
_TAKEN = rf"(?:, |and |{_ASK} ){_TAKE}"
_END = "(?: only| please| ones| of them| of those| will do| would do| is enough| are enough)*$"
_STOP = r"(?=$| (?:, )?(?:in|last|this|since|so far|for|during|from|between|until|year to date)\b)"
_BE = "(?:is|are|was|were|has been|have been)"
_IT = "(?:it|that|this|they|these|those|them|all that|all this)"
_NTH = "(second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|2nd|3rd|4th|5th)"
_TWO = {"two": "second", "2": "second", "three": "third", "3": "third", "four": "fourth", "4": "fourth"}
_NO_GROUP = r"(?!.*\b(?:by|per|each|every|across|breakdown|split)\b)"
_PEAK = "(worst|best|highest|lowest|largest|biggest|smallest|most|fewest|longest|shortest)"
_THAT = "(?: (?:is|was) (?:it|that|this))?"
_RANKED = (
    "which|what|best|worst|top|new|old|last|first|same|other|good|bad|big|small|biggest|largest|highest|lowest|smallest|"
    "next|many|few|cheap|expensive|the|these|those|and|or|than|older|newer|bigger|smaller|more|only"
)
_UNRANKED = "".join(f"(?<!{word} )" for word in _RANKED.split("|"))
"""Behind these, `ones` are some of the things."""
_SCOPE = (
    "overall|altogether|all together|all told|in total|taken together|all combined|"
    "in sum|all in all|everything included|all included|in the aggregate|in aggregate|for now|"
    "at this point|at this time|at this moment|just now|in general|generally speaking|on the whole|by and large|"
    "to be precise|to be exact|roughly speaking"
)
_HEDGES = "(?:roughly|approximately|about|around|exactly|precisely|actually|basically|simply|more or less|just|really)"
_JOINTS = "".join(f"(?<!{word} )" for word in ("and", "or", "vs", "than", "with", "to", "against"))


def _one_of_them(found: re.Match[str]) -> str:
    *words, last = found[1].split()
    return f"which {' '.join((*words, singular(last) if found[2] is not None else last))}"


def _one_that(found: re.Match[str]) -> str:
    *words, last = found[1].split()
    return f"which {' '.join((*words, singular(last)))} "


def _nth(found: re.Match[str]) -> str:
    return f"{_TWO[found[1]]} best" + (" by" if found[2] else "")


_TURNS: tuple[tuple[str, Made], ...] = (
    # pieces that stand apart: worst return rate: which category?
    (
        rf"^(?:the |our )?{_PEAK} ([a-z]+(?: [a-z0-9]+){{0,5}}?)(?: ,)? which ([a-z]+(?: [a-z]+)?){_THAT}$",
        r"which \3 has the \1 \2",
    ),
    (
        rf"^(?:the |our )?([a-z]+(?: [a-z]+){{0,3}}?)(?: ,)? {_PEAK}(?: ,)? which ([a-z]+(?: [a-z]+)?){_THAT}$",
        r"which \3 has the \2 \1",
    ),
    (
        (
            r"^(.+?)(?: ,)? how (?:do|does|did) (?:the |our |all )*([a-z]+(?: [a-z]+)?s) "
            r"(?:compare|differ|stack up|vary|look|fare)$"
        ),
        r"\1 by \2",
    ),
    (r"^(?:the |our )?([a-z]+(?: [a-z]+)?s)(?: ,)? (.+) (?:for|in|per|by|of) each(?: one| of them)?$", r"\2 by \1"),
    (r", ([a-z ]+) only$", r", only \1"),
    (rf"{_UNRANKED}ones(?: only)?(?=$| ,)", ""),
    (
        (
            r"(?:, )?(?:one|a|1|a single) (?:single )?(?:figure|line|row|number|bar|value|total|entry) "
            r"(?=(?:per|for each|for every|by)\b)"
        ),
        "",
    ),
    (r"(?:, )?(?:summed|totalled|totaled|added)(?: up)? (?=(?:per|for each|for every|by)\b)", ""),
    (r"(?:, )?%$", "in percent"),
    (r"% (?=(?:by|per|in|for|this|last|of each)\b)(?!of )", "rate "),
    (
        (
            r"(?:earns?|earned|makes?|made|brings? in|brought in|takes?|took|gets?|got|collect(?:s|ed)?|has|have|had)"
            r"(?: us)? the (most|highest|least|lowest) in (?=[a-z]+(?: [a-z]+)*s\b)"
        ),
        r"has the \1 ",
    ),
    (
        (
            r"how (?:has|have|did|is|are|does|do) (?:the |our )?(.+?) (?:been )?"
            r"(?:develop|evolve?|move?|progress|trend|come? along|run)(?:s|d|ed|ing)? "
            r"(?=(?:by|per|each|every|monthly|weekly|quarterly|daily|yearly|(?:month|week|quarter|year|day) by)\b)"
        ),
        r"\1 ",
    ),
    (r"(?:slice|cut|chunk) of", "share of"),
    # which of them
    (
        (
            r"(?:which|what)(?: single)?(?: one)? of (?:(?:all|the|our|my|your) )+([a-z]+(?: [a-z]+)?s) "
            r"(?=(?:has|had|is|was|does|did|[a-z]+s)\b)"
        ),
        _one_that,
    ),
    (rf"(which|what)((?: {_N})?)(?: ones?| single)? of (?:(?:all|the|our|my|your) )+(?=\S)", r"\1\2 "),
    (
        (
            r"(?:out of|of|among|amongst|from) (?:all )?(?:of )?(?:the |our )?([a-z]+(?: [a-z]+)?) , which"
            r"( one| single one|(?= (?:has|had|is|was)\b))?(?: ones| of them)?"
        ),
        _one_of_them,
    ),
    (r"(which|what) single", r"\1"),
    # the first of them
    (rf"{_TAKE}first ({_N}){_END}", r", top \1"),
    (rf"{_TAKE}last ({_N}){_END}", r", bottom \1"),
    (rf"{_TAKE}({_N}) (?:best|highest|top|largest|biggest){_END}", r", top \1"),
    (rf"{_TAKE}({_N}) (?:worst|lowest|smallest|least){_END}", r", bottom \1"),
    (rf"(.*\b{_HIGH} .*?\S) {_TAKEN}({_N}){_END}", r"\1 , top \2"),
    (rf"(.*\b{_LOW} .*?\S) {_TAKEN}({_N}){_END}", r"\1 , bottom \2"),
    (rf"limited to (?:the )?(top|bottom|best|worst) ({_N})", r"\1 \2"),
    (rf"first ({_N})(?! (?:{_SPANS}|best|worst|top|bottom|highest|lowest)\b)(?=.* {_BEHIND} )", r"top \1"),
    (rf"(top|bottom|best|worst) ({_N}) of (?:the |our |all )*(?=[a-z])", r"\1 \2 "),
    (r"ranking of (?:the |our )?(?=(?:top|bottom|best|worst)\b)", ""),
    (rf"(?:are|is) in (?:the )?(top|bottom) ({_N})", r", \1 \2"),
    # who comes first
    (
        (
            rf"(?:{_BE} )?(?:lead(?:s|ing)?|led|c[oa]mes? (?:in )?first|c[oa]mes? out on top|"
            r"rank(?:s|ed|ing)? (?:first|highest|top)|top(?:s|ped)? (?:the )?(?:list|ranking|table)|"
            r"(?:in|on) (?:the )?(?:first|top) (?:place|position|spot|rank)|at the top|on top|number (?:one|1)|"
            rf"no (?:one|1)|# 1|out in front|ahead of the rest) {_BEHIND}"
        ),
        "top by",
    ),
    (
        (
            rf"(?:{_BE} )?(?:c[oa]mes? (?:in )?last|rank(?:s|ed|ing)? (?:last|lowest)|(?:at|on) the bottom|"
            rf"in (?:the )?last (?:place|position|spot|rank)|trail(?:s|ing)?|lag(?:s|ging)?(?: behind)?) {_BEHIND}"
        ),
        "bottom by",
    ),
    (r"(?:^|^our |^the )(?:number (?:one|1)|no (?:one|1)|# 1)(?= [a-z])", "top"),
    (
        (
            r"(?:is |are |was |were )?(?:do|does|did|done|doing|perform|performs|performed|performing|fares?|"
            r"fared)(?: the)?"
            rf" (best|worst) {_BEHIND}"
        ),
        r"\1 by",
    ),
    (
        (
            rf"(?:{_BE} )?(?:(?:c[oa]mes?(?: in)?|rank(?:s|ed)?|placed?s?|finish(?:es|ed)?) )?(?:(?:in|on|"
            rf"at) )?(?:the )?"
            rf"{_NTH}(?: (?:place|position|rank|spot))? {_BEHIND}"
        ),
        r"\1 best by",
    ),
    (rf"{_BE} (?:number|no|#) (two|2|three|3|four|4)( {_BEHIND})", _nth),
    (rf"(?:{_BE} )?(?:the )?runners? up {_BEHIND}", "second best by"),
    # in which order
    (
        (
            r"from (?:the )?(?:best to (?:the )?worst|highest to (?:the )?lowest|largest to (?:the )?smallest|"
            r"top to bottom)"
            r"|(?:sorted|ranked|ordered)(?: descending)?$"
        ),
        "highest first",
    ),
    (r"(?:biggest|best|top|most|largest)(?: ones)? first$", "highest first"),
    (r"(?:league table|order|leaderboard|ranking list) of (?=.* by )", "ranking of "),
    (
        r"(?:put|place|bring|arrange) (?:the |our |all )*([a-z]+(?: [a-z]+)?) in(?:to)? (?:the |an )?order of",
        r"rank \1 by",
    ),
    (r"rank(?: all| the| our| of)+", "rank"),
    (r"(rank(?:ing)? .*\S) (?:on|according to|in terms of|based on|for)", r"\1 by"),
    (r"in descending order of", "ranked by"),
    # what it comes to
    (
        (
            rf"{_NO_GROUP}(.*\S) (?:, )?(?:and )?(?:{_ASK} )?(?:(?:what|how much|how many) )?(?:{_BE} )?(?:the |"
            rf"a )?(?:grand )?"
            rf"(?:(?:total|overall) (?:figure|number|count|amount|sum)|total|sum|figure|number|"
            rf"count)(?: please)?{_STOP}"
        ),
        r"\1",
    ),
    (
        (
            rf"(.*\S) (?:, )?(?:and )?(?:what|how much|how many) (?:{_BE}|do|does|did|would|will) {_IT}"
            rf"(?: (?:be|make|come to|add up to|amount to|total|all|now))*{_STOP}"
        ),
        r"\1",
    ),
    (
        (
            r"(?:what|how much) (?:does|do|did|has|have) (.+?) (?:add(?:ed)? up to|amount(?:ed)? to|c[oa]me to|"
            r"sum(?:med)?(?: up)? to|total(?:led)?|r[ua]n to|stand at|stood at)"
        ),
        r"what is \1",
    ),
    (rf"(?:do|does|did|would|will) {_IT} (?:make|be|come to|add up to|amount to|total)", ""),
    (
        r"(?:what )?(?:is |was )?(?:the )?(?:total amount|overall amount|total|amount|sum)(?: that)? (?=we )",
        "how much ",
    ),
    (r"what (?=we (?!have\b|had\b|need\b|do\b))", "how much "),
    (r"(?:sum|add|total|tot) up(?: the| our| all)*", "total"),
    (r"(?:count|tally)(?: up)?(?: the| our| all)* (?=[a-z])", "number of "),
    (r"(?:tally|volume|no|nr|nos) of(?: the| our)?", "number of"),
    (r"#(?: of)? (?=[a-z])", "number of "),
    (r"where (?:does|do|did|is|are|was|were) (.+?) (?:stand|stood|standing|sit|sitting|lie|at)", r"what is \1"),
    (
        (
            r"(what (?:is |are |was |were )?.+?) (?:sitting |standing |running )?at"
            r"(?=$| (?:in|last|this|since|so|for|during|right|now)\b)"
        ),
        r"\1",
    ),
    (r"(?:total|combined|cumulated) (?:value|amount|sum) of", "total"),
    (r"what (?:is |was |are )?(?:the )?total for", "what is"),
    (r"(do|does|did|has|have|had) (?:the|our) (?:company|firm|business|organi[sz]ation)", r"\1 we"),
    (
        rf"(?:, )?(?:{_ASK} )?(?:the )?(?:number|count|total|figure) (?=(?:per|for each|for every|by|in each)\b)",
        "",
    ),
    # by what
    (r"^([a-z ]+?) (?:, )?how many (?=(?:per|by|for each|for every|in each)\b)", r"how many \1 "),
    (
        (
            r"(?:, )?(?:and )?(?:then )?(?:please )?(?:break|split|show|list|give|slice|cut|group|divide|display|"
            r"present|"
            rf"i need|i want|see|have)(?: me)? {_IT}(?: (?:down|out|up))?(?= (?:by|per|for each|for every|"
            rf"in each|across|over|into)\b)"
        ),
        "",
    ),
    (
        (
            rf"(?:, )?and how (?:does|do|is|are|did|was|were) {_IT} "
            r"(?:break down|split(?: up)?|vary|look|distributed|spread|differ|divided)"
        ),
        "",
    ),
    (
        (
            r"((?:by|per) (?:.* )?)(?:x|/|\+|plus|times|then|and then|and also|as well as(?: by)?|, then by|then by|"
            r"and again by|followed by|together with|within each|within) (?=[a-z])"
        ),
        r"\1and ",
    ),
    (r"both by (.+) and by", r"by \1 and by"),
    (r"(by|per|across) both", r"\1"),
    (r"(by|per) (?:(?:every|each|all|the) )*combinations? of", r"\1"),
    (r"(?:by|per|for) (.+) in rows and (.+) in columns", r"by \1 and \2"),
    (r"first (?=by .* by )", ""),
    (
        (
            r"(?:table|matrix|overview|summary|report|chart|graph|comparison|crossed|pivot|in comparison)"
            r" (?=(?:by|per|for each)\b)"
        ),
        "",
    ),
    (
        (
            r"how (?:do|does|did|are|is|were) (?:the |our |all )*([a-z]+(?: [a-z]+)?s) "
            r"(?:perform|performing|doing|do|fare|score|stand|compare|stack up|match up)"
            r"(?: (?:against|with|to) (?:each other|one another))? (?:on|in|with|for|at|by|in terms of)"
        ),
        r"compare \1 by",
    ),
    (r"compare (?:the |our )?(.+) (?:of|for|in|between|among)(?: all| the| our)* (?=[a-z]+(?: [a-z]+)?s$)", r"\1 by "),
    (
        r"(.* by .+) (?:figures|numbers|summary|report|overview|comparison|statistics|stats|values|results|totals?)$",
        r"\1",
    ),
    (r"in an? (?:average|typical|normal|usual|ordinary) (day|week|month|quarter|year)", r"per \1 on average"),
    (
        (
            r"(.*\b(?:average|mean|typical|typically|how many|how much)\b.*)"
            r"(?<! in)(?<! within)(?<! half)(?<! than)(?<! once)(?<! over)(?<! of) an? (day|week|month|quarter|year)"
            r"(?! (?:ago|before|earlier|later|from|after|or|back)\b)"
        ),
        r"\1 per \2",
    ),
    # what was recorded
    (r"did we (?:record|count|register|log|note|end up with|book)", "did we have"),
    (r"(?:were|was|have been|has been) (?:counted|recorded|registered|logged|noted|booked)", ""),
    (
        r"(.*\S) (?:that |which )?we (?:had|have|recorded|have had)$",
        r"\1",
    ),
    # who is meant
    (r"(who|that) (?:have|has|had) (?=not )", r"\1 "),
    # what says no more
    (rf"{_JOINTS}(?:{_SCOPE})(?! (?:and|or|vs|average|against)\b)", ""),
    (rf"{_HEDGES}(?= (?:how|what|who|which|{_BE}|our|the|did|do|does)\b)", ""),
    (rf"(what|how many) {_HEDGES}(?! \d)", r"\1"),
    (rf"(?:^|, )(?:together|combined)(?:,|{_STOP})", ""),
    (rf"what would (.+) be{_STOP}", r"what is \1"),
    (r"(?:actual|exact|precise)(?= [a-z])", ""),
)
_COMPILED = tuple((re.compile(rf"(?:^|(?<= ))(?:{pattern})(?:(?<= )|(?= |$))"), made) for pattern, made in _TURNS)
_FIRST = re.compile(
    r"(?:(?:just|only|nothing but|simply|merely)(?: the| our)?|state|enter|output|"
    r"return(?= (?:the|our|all|only|just|top|bottom|number|total)\b)|mention|specify|quote"
    r"|(?:a list of|list of|list|name)(?=.* (?:by|per|each|every|across) ))(?= [a-z])"
)
"""Words that say nothing where they open a question."""


def turned(tokens: Sequence[Token], spans: Callable[[Sequence[Token]], Spans]) -> tuple[Token, ...]:
    """Return the words of a question with requests left out and turns of speech said plainly.

    ``spans`` gives the places of names of several words, which are never cut.
    """
    made = _without_requests(tuple(tokens), spans)
    first = _FIRST.match(_text(made))
    if first is not None and not _cuts(spans(made), 0, len(first[0].split())):
        made = made[len(first[0].split()) :]
    for pattern, words in _COMPILED:
        found = pattern.search(_text(made))
        if found is not None and found[0]:
            made = _with(made, found, words, spans(made))
    return made


def _text(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)


def _without_requests(tokens: tuple[Token, ...], spans: Callable[[Sequence[Token]], Spans]) -> tuple[Token, ...]:
    texts = [token.text for token in tokens]
    named = spans(tokens)
    left: list[Token] = []
    at = 0
    while at < len(tokens):
        size = request_length(texts, at, opens=all(token.text in (",", "and", "so", "please") for token in left))
        if not size or _cuts(named, at, at + size):
            left.append(tokens[at])
            size = 1
        at += size
    return tuple(left)


def _cuts(named: Spans, start: int, end: int) -> bool:
    """Say whether a name reaches over an end of a part, or is all of it."""
    return any(
        first < end and start < last and not (start <= first and last <= end and last - first < end - start)
        for first, last in named
    )


def _with(tokens: tuple[Token, ...], found: re.Match[str], words: Made, named: Spans) -> tuple[Token, ...]:
    """Return the words with one part said otherwise; as they are when a name of several words would be cut."""
    text = found.string
    start, end = (len(text[:at].split()) for at in found.span())
    made = (words(found) if callable(words) else found.expand(words)).split()
    part = list(tokens[start:end])
    kept: list[Token] = []
    for word in made:
        same = next((token for token in part if token.text == word), None)
        if same is not None:
            part.remove(same)
        kept.append(same or replace(tokens[start], text=word, raw=word, kind="number" if word.isdigit() else "word"))
    lost = {id(token) for token in part}
    places = {at for at in range(start, end) if id(tokens[at]) in lost}
    if any(places & set(range(*name)) and not set(range(*name)) <= places for name in named):
        return tokens
    return (*tokens[:start], *kept, *tokens[end:])
