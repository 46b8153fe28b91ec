"""Know the requests that people put a question in: my boss wants to know, I am preparing a report and need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHO = (
    "boss|manager|director|ceo|cfo|coo|management|board|management board|team lead|head of department|colleagues?|"
    "team|chief|supervisor|leadership|executive team|auditors?|stakeholders|investors|analyst|department"
)
_PAPER = (
    "meeting|report|presentation|deck|slides?|memo|analysis|summary|planning|briefing|board pack|spreadsheet|"
    "dashboard|talk|overview|business review|steering committee"
)
_KIND = "board|management|sales|team|weekly|monthly|quarterly|annual|yearly|staff|strategy|status|budget"
_ASKS = "(?:wants?|wanted|needs?|would like|(?:is |are |keeps )?ask(?:s|ed|ing)?(?: me| us)?(?: for| about)?)"
_KNOW = "(?:know|see|have|get|find out|understand|hear|learn|check|report|present|include|quote|show)"
_OWN = "(?:my |the |our |a |an |this |next |some |tomorrows )?"
_QUICK = "(?:(?:please|kindly|quickly|just|maybe|perhaps|possibly|simply|really|also) )*"
_GIVE = (
    "(?:give|show|tell|send|get|pull|check|look up|find|provide|share|calculate|compute|confirm|look at|have a look at|"
    "take a look at|go through|dig out|dig up|pull up|hand|pass|forward|fetch|see|have|let (?:me|us) (?:know|have|see))"
)
_OPENING = (
    f"{_OWN}(?:{_WHO}) {_ASKS}(?: to {_KNOW})?",
    (
        f"(?:i am|i|we are|im) (?:preparing|writing|making|working on|putting together|compiling|finishing|creating|"
        f"building|drafting|doing) {_OWN}(?:(?:{_KIND}) )?(?:{_PAPER})(?: (?:and|so))?(?: (?:i|we))?(?: (?:need|want))?"
    ),
    f"(?:i|we) {_QUICK}(?:need|have|want|must|should)(?: to)? {_QUICK}{_KNOW}(?: (?:what|on))?",
    "(?:somebody|someone|people|they) (?:has |have |keep )?ask(?:ed|ing)?(?: me| us)?(?: for| about)?",
    "(?:i|we) (?:was|were|have been|got|am|are) (?:just )?asked (?:for|about)",
    "(?:i|we) (?:was|were|am|are) (?:just )?(?:wondering|curious|asking)(?: about)?",
    "(?:i|we) wonder(?: about)?",
    "(?:would|do) you (?:happen to )?(?:know|have|mind (?:telling|showing|giving|sending|checking)(?: me| us)?)",
    f"(?:can|could|would|will|may|might) (?:you|we|i|somebody) {_QUICK}{_GIVE}(?: (?:me|us))?(?: (?:quickly|please))?",
    "thanks? (?:you )?(?:in advance )?for (?:sending|giving|showing|telling|providing|checking)(?: (?:me|us))?",
    f"{_QUICK}(?:send|hand|pass|forward|show|give|tell|get|fetch) {_QUICK}(?:me|us)",
    "(?:please|kindly) (?:send|share|check|provide|state|name|confirm|determine|supply)",
    "(?:a |one )?(?:quick|short|brief|simple|rough) (?:look at|overview of|question|summary of|check of|one)",
    f"(?:i|we) {_QUICK}(?:need|want)",
    "(?:latest|current|newest|most recent) (?:on|figures? for|numbers? for|values? (?:of|for)|state of)",
    "(?:what|which) (?:sort|kind|level) of",
    (
        "(?:how|where) (?:do|did|are|were|have) we (?:stand|standing|doing|do|done|fare|faring|been doing) "
        "(?:on|with|for|at|in terms of|regarding)"
    ),
    "(?:a |the )?(?:table|chart|graph|list|diagram|overview|summary|picture) (?:with|showing|that shows|containing)",
    "lets?(?: us| me)? (?:see|look at|have|have a look at|check|talk about|get)",
    "gimme|quickly|quick|kindly|look up|state|determine|identify|tell (?:me|us)(?: something)? about",
    "(?:just |only |simply )?(?:one|a single) (?:number|figure)",
    f"(?:i d|i would) {_QUICK}(?:like|love)(?: to(?: {_KNOW})?)?",
    "(?:what|which) (?:figures?|numbers?) (?:do|did) we have (?:for|on)",
    "what (?:do|did) we have (?:for|on)",
    "how about|and now|so now|ok so|well",
)
"""Requests that open a question: elsewhere `quickly` and `we have to` say something."""
_ANYWHERE = (
    f"for {_OWN}(?:(?:{_KIND}) )?(?:{_PAPER})(?: (?:we|i) need(?: to know)?)?",
    (
        "(?:as|in) (?:a |an |one )?(?:(?:bar|line|pie|column|simple|single|small) )?"
        "(?:tables?|charts?|graphs?|diagrams?|lists?|spreadsheet|grid|matrix|view|picture|tabular form|table form)"
    ),
    (
        "side by side|at a glance|next to each other|one (?:row|line) each|(?:for )?all of them|in one go|"
        "in a nutshell|in short|in brief"
    ),
    (
        "(?:for|in|of|across|throughout) (?:the |our )?(?:whole |entire |complete )?(?:company|organi[sz]ation|"
        "enterprise|firm)"
        "(?: as a whole)?"
    ),
    "(?:company|firm|enterprise|organi[sz]ation) wide",
    "(?:as a|on the) whole|across the board|all things considered",
    "(?:as|in) (?:a |one )?(?:single )?(?:figure|number|sum|total)",
)
_EITHER = tuple(re.compile(rf"(?:{form})(?= |$)") for form in _ANYWHERE)
_FIRST = (*_EITHER, *(re.compile(rf"(?:{form})(?= |$)") for form in _OPENING))
_LONGEST = 14


def request_length(texts: Sequence[str], at: int, *, opens: bool) -> int:
    """Return how many words from a place on are a request around the question; 0 when none are.

    ``opens`` says whether nothing of the question itself stands before it.
    """
    said = " ".join(texts[at : at + _LONGEST])
    longest = max(
        (len(found[0]) for pattern in (_FIRST if opens else _EITHER) if (found := pattern.match(said))), default=0
    )
    return len(said[:longest].split())
