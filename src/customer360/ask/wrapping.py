"""Take off what people wrap a question in: greetings, hedges, what it is for, how nice an answer would be.

Only questions that are not understood as they stand are unwrapped. What is taken off stands before or behind the
question and names nothing; no word that can change a figure is among it.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-", "\u2026": " "})
_NICE = (
    "great|nice|lovely|good|cool|awesome|perfect|fantastic|wonderful|helpful|useful|appreciated|ideal|brilliant|super|"
    "amazing|ace|handy|enough|fine|very kind|much appreciated|greatly appreciated|interesting|excellent|neat|sweet"
)
_VERY = "(?:(?:very|really|so|just|super|quite|extremely|most|absolutely) )*"
_KNOW = "(?:know|see|have|get|hear|learn|find out|understand|show|look at|check)"
_WHO = (
    "boss|manager|director|ceo|cfo|coo|management|board|colleagues?|team|chief|supervisor|leadership|auditors?|"
    "investors?|analysts?|bank|owners?|head office|partners?|finance|marketing|accounting|accountants?|sales team|press"
)
_PAPER = (
    "meeting|report|presentation|deck|slides?|memo|analysis|summary|planning|briefing|board pack|spreadsheet|"
    "newsletter|dashboard|talk|overview|review|call|email|mail|budget|stand ?up|all hands|"
    "pitch|workshop|blog post|article|"
    "chart|graph|table|document|paper|homework|handout|appendix|write ?up|kick ?off|town hall|audit|"
    "project|comparison"
)
_KIND = (
    "board|management|sales|team|weekly|monthly|quarterly|annual|yearly|staff|strategy|status|budget|finance|marketing|"
    "steering|little|quick|short|big|next|upcoming|internal|business|morning|planning|small|new"
)
_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WHEN = (
    rf"(?: (?:tomorrow|today|tonight|later(?: today)?|soon|coming up|on {_DAY}|next week|this (?:morning|afternoon)|"
    r"in (?:a few|five|ten|twenty|thirty|\d+|an?|half an) (?:minutes?|hours?|hour|bit|moment)|in a moment|at noon))?"
)
_OCCASION = (
    r"(?:(?:my|the|our|a|an|this|some|tomorrow'?s?|today'?s|tonight'?s|next week'?s|\w+day'?s) )?"
    rf"(?:(?:{_KIND}) )*(?:{_PAPER}|{_WHO}){_WHEN}"
)
_IT = "(?:it|this|that|these|those|the (?:number|figure|following|answer)s?|some (?:numbers|figures))"
_QUICK = "(?:urgently|quickly|asap|today|now|again|please|really|just|also|maybe|kindly|possibly|quick)"
_ME = "(?:me|us)"
_GIVE = f"(?:give|show|tell|send|get|pull|find|check|look up|list|share)(?: {_ME})?"
_DEAR = "(?: (?:everyone|everybody|all|folks|guys|team|there|mate|again|you|buddy|friend))*"
_SORRY = (
    "(?:sorry|apologies|my apologies|pardon(?: me)?|excuse me)"
    "(?: (?:for|to) (?:asking|ask|bother(?:ing)?|disturb(?:ing)?|the bother|the trouble|be a pain|nag|keep asking)"
    "(?: you)?(?: again)?)?"
)
_THANKS = (
    r"(?:many |big )?(?:thanks?|thank you|thx|cheers|ta|tia|ty|much obliged)(?: you)?(?: "
    r"(?:again|so much|very much|a lot|"
    r"a million|a bunch|a ton|in advance|for (?:your|the) help|for that|for this))*"
)
_KIND_OF_YOU = (
    r"if (?:you|i|that|it|this)(?:'s|'d| is| would| do| does| are| were| can| could|)(?: not|n't|nt|)"
    r"(?: (?:mind(?: me asking)?|be so kind|ask|may|possible|too much(?: trouble| work| bother| to ask)?|"
    r"all right|alright|ok|okay|have (?:a (?:minute|moment|sec|second)|time)))"
)
_PRAISE = (
    rf"(?:(?:{_VERY}(?:{_NICE}|love the|love this|love that) (?:tool|job|work|stuff|app|product|system|question|thing)"
    rf"|(?:that|this|it)(?:'s| is| was| looks)? {_VERY}(?:{_NICE})))(?:,? by the way|,? so far)?"
)
_MARKED = (
    "right|all ?right|alrighty|fine|cool|great|super|perfect|lovely|next|first|firstly|lastly|finally|also|ah|oh|"
    "well|anyway|another one|one more(?: thing| question)?|last (?:one|question)|next (?:one|up|question)|"
    "quick (?:one|question)(?: for you)?|question|my question|one question|simple question|hope so|got it|i see"
)
_FRONT = (
    (
        r"(?:hiya|heya|hey|hi|hello|yo|howdy|g'?day|greetings|good (?:morning|afternoon|evening|"
        rf"day)|morning|evening){_DEAR}"
    ),
    r"(?:u+m+|u+h+m*|e+r+m*|hm+|so|and|ok(?:ay)?|now|well)(?: then| so| now| and)?",
    rf"(?:{_MARKED})(?: then| so| now)?(?=\s*[,.:;!?-])|alright then|all right then|right then",
    rf"{_SORRY}(?:,? but)?",
    r"(?:no|there(?:'s| is) no) (?:hurry|rush|pressure|urgency)(?: at all)?(?:,? but)?",
    r"(?:just )?out of (?:pure |sheer |mere |idle )?(?:curiosity|interest)|(?:just |i(?:'m| am) (?:just )?)?curious",
    (
        r"(?:i(?:'m| am) )?not sure (?:if|whether) (?:you|this|that|it|i)(?: can| could| will| is|'s)?"
        r"(?: (?:answer|know|tell|do|ask|possible|works?|have)(?: this| that| it)?)?(?:,? but)?"
    ),
    (
        r"(?:(?:this|that|it)(?:'s| is)? )?(?:(?:may|might)(?: be| sound)? )?(?:probably )?(?:a )?"
        r"(?:silly|stupid|dumb|basic|odd|strange|naive)(?: question)(?:,? but)?"
    ),
    (
        r"(?:is there )?any (?:chance|way|possibility)(?: that)? (?:you|i|we)(?: can| could|"
        rf" might)?(?: {_QUICK})*(?: {_GIVE})?"
    ),
    rf"do (?:you|we) (?:by (?:any )?chance|happen to|perhaps|maybe) (?:have|know)(?: {_IT})?",
    (
        rf"(?:can|could|would|will|may) (?:u|ya|you|someone|somebody|anyone|anybody)(?: {_QUICK})*(?: "
        rf"{_GIVE}| remind {_ME})"
    ),
    rf"(?:lemme|let me|let us|gimme|pls|plz|please)(?: {_KNOW})?",
    (
        rf"(?:(?:it|that|this)(?: would|'d) |would )be {_VERY}(?:{_NICE}) (?:to {_KNOW}|if (?:you|"
        rf"i|we) (?:could|can) (?:{_GIVE}|{_KNOW}))"
    ),
    rf"(?:i|we)(?:'d| would)? {_VERY}(?:love|like) (?:to {_KNOW}|if you (?:could|can) {_GIVE})",
    r"as far as you (?:know|can tell|can see)|wanna know|say(?=\s*,)|forget (?:that|it)(?=\s*[,.:;!?-])",
    r"(?:could|can|may|might) i (?:trouble|ask|bother|bug) (?:you )?for|(?:may|can|could) i ask(?: you)?(?: for|,)?",
    r"(?:i|we)(?:'d| would) (?:really |much )*(?:appreciate|be (?:very |so |really )*(?:grateful|thankful|glad) for)",
    r"(?:(?:it|that)(?: would|'d)|would) (?:really )?help(?: (?:me|us))?(?: a lot)? to (?:know|see|have|get)",
    (
        r"(?:(?:a |the )?(?:new|different|other|another|further|follow ?up|same team,? different) "
        r"question)(?=\s*[,.:;!?-])"
    ),
    (
        r"(?:here'?s |this is )?what (?:i|we)(?: am|'m|'re| are)? (?:need|want|looking for|"
        r"after)(?:(?= is\b) is|(?=\s*[,:-]))"
    ),
    rf"what (?:i|we)(?:'d| would) like to {_KNOW} is",
    r"let(?:'s|s| us) (?:start|begin|go|continue|kick off|move on) (?:with|to)",
    (
        r"(?:what|how much|how many) (?:is|was|were) (?:it|that) again(?=\s*[,.:;!?-])|remind "
        rf"{_ME}(?: again)?(?: of| about)?"
    ),
    _KIND_OF_YOU,
    (
        r"(?:i )?hope(?: that)? (?:you(?:'re| are)|all is|this finds you|everything(?:'s| is)|"
        r"you had|your \w+ is going)"
        r"(?: doing)?(?: (?:all |very )?(?:well|fine|good|great|ok|okay|a (?:good|nice|great) \w+))"
    ),
    _PRAISE,
    _THANKS,
    rf"(?:i|we)(?: {_QUICK})* (?:need|want|require)(?: to have)? {_IT}(?: {_QUICK})* for {_OCCASION}",
    rf"(?:{_IT}(?:'s| is| are)|asking) for {_OCCASION}",
    (
        rf"for {_OCCASION},? (?:i|we)(?:'d| would)?(?: {_QUICK})* (?:need|want|like|must have|"
        r"have to (?:know|show|report|present))"
    ),
    rf"for {_OCCASION}(?=\s*[,:;-])",
    (
        rf"(?:my|the|our)? ?(?:{_WHO}) (?:keeps? asking|(?:is|are) asking|asked|asks|wants?|wanted|needs?|would like|"
        rf"'d like)(?: {_ME})?(?: for| about| to {_KNOW})?"
    ),
    (
        rf"(?:i|we)(?:'ve got| have got| have|'m in| am in|'re in| are in| got) {_OCCASION}(?=\s*[,.:;!?-])"
        r"|(?:i|we) (?:have|need|had) to (?:report|present|show this|prepare|brief|update)(?: "
        rf"this)?(?: to| for)? {_OCCASION}"
    ),
    (
        r"(?:i|we)(?:'m| am|'re| are) (?:putting together|preparing|working on|writing|making|"
        rf"building|finishing) {_OCCASION}"
    ),
    r"(?:roughly|approximately|ballpark|more or less|about|around)(?=,? (?:how|what|whats|who|which)\b)",
)
_END = (
    rf"(?:pretty )?(?:please|pls|plz)(?: ?(?:and|&|\+) ?(?:{_THANKS}))?",
    _THANKS,
    (
        rf"(?:would|will|'d) (?:be )?{_VERY}(?:{_NICE})(?: (?:to {_KNOW}|if possible|too|as well|for me|for us))?"
        r"|(?:would|will|'ll|'d) (?:do|suffice|help|make my day)(?: nicely| fine| me)?"
    ),
    _KIND_OF_YOU,
    (
        r"if (?:you|we) (?:can|could|have it|have them)|if possible|when(?:ever)? you (?:get|"
        r"have) (?:a (?:chance|minute|moment|sec)|time)"
    ),
    r"that(?:'s| is| would be|'ll be| will be)(?: it| all)(?: i need| for now| we need| for today)?",
    (
        r"(?:just |only )?(?:the|a|one) (?:single |total |plain |rough )?(?:number|figure|one figure)"
        r"(?: is| will| would)?(?: enough| fine| do| be enough| be fine| only| ok)?"
    ),
    (
        r"(?:any idea|do you know|does anyone know|would you|could you|can you|will you|you "
        r"know|eh|huh|right|ok|okay|asap)"
    ),
    rf"(?:(?:i|we)(?: {_QUICK})* )?need(?:ed)?(?: {_IT})? for {_OCCASION}|for {_OCCASION}",
    r"(?:no|there(?:'s| is) no) (?:hurry|rush|pressure)",
    _PRAISE,
    r"(?:just )?out of (?:curiosity|interest)|just (?:curious|wondering|asking|checking)",
    r"i have a bet going|asking for a friend|i was just wondering|i'm curious",
)
_SIGNS = r"[\s,.:;!?-]"
_BEFORE = re.compile(
    rf"^{_SIGNS}*(?:{'|'.join(f'(?:{form})' for form in _FRONT)})(?![\w'%/])(?:{_SIGNS}*)", re.IGNORECASE
)
_BEHIND = re.compile(rf"(?:{_SIGNS}+|^)(?:{'|'.join(f'(?:{form})' for form in _END)}){_SIGNS}*$", re.IGNORECASE)
_TO_LIST = re.compile(
    r"[\s,.:;!?-]+(?:please )?(?:list|name)(?: (?:them|those|these))?(?: all)?[\s.!?]*$", re.IGNORECASE
)
_WHICH = re.compile(r"\s*[,.:;?-]+\s*(?:which|what) (?:ones|are (?:they|those)|are these)[\s.!?]*$", re.IGNORECASE)
_STOPS = re.compile(r"\s*[.;:!?]+\s+(?=\S)|\s+-{2,3}\s+")
_WISHES = re.compile(r"\b(?:would|will)\b|'(?:d|ll)\b", re.IGNORECASE)
_ASKING = re.compile(r"(?:how|what|which|who|when|is|are|do|does|did)\b[^.?!]*[.?!]*$", re.IGNORECASE)
_MOST = 6
"""Pieces that are taken off one question."""


def unwrapped(question: str) -> str:
    """Return a question without what was wrapped around it, its sentences joined by commas; "" when nothing is left."""
    text = "".join(sign for sign in question.translate(_PLAIN) if not _is_picture(sign)).strip()
    for _ in range(_MOST):
        bare = _without_end(_BEFORE.sub("", text, count=1))
        if bare == text or not bare.strip(" ,.:;!?-"):
            break
        text = bare
    for form, opening in ((_TO_LIST, "list "), (_WHICH, "which ")):
        if (found := form.search(text)) is not None and not text.lower().startswith(("list ", "which ", "what ")):
            text = opening + text[: found.start()]
    return _STOPS.sub(", ", text.strip(" ,.:;!?"))


def _without_end(text: str) -> str:
    """Leave off what stands behind a question; how many orders would be good is no question with praise behind it."""
    found = _BEHIND.search(text)
    if found is None or (_WISHES.search(found[0]) is not None and _ASKING.match(text) is not None):
        return text
    return text[: found.start()]


def _is_picture(sign: str) -> bool:
    return unicodedata.category(sign) in ("So", "Sk", "Cs", "Mn", "Cf") and not sign.isascii()
