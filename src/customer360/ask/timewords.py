"""List the words that open, close and join ranges of time, in the form in which phrases are compared."""

from __future__ import annotations


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(each.split()) for each in text.split("|"))


EVER = _phrases(
    "all time|ever|to date|until now|so far|till now|until today|up to now|of all time|in total so far|"
    "since beginning|historically|since start|from beginning|whole history|entire history|at moment|currently|"
    "right now|at present|as of today|as of now|to this day|at any time|up to today|till date|up to date|"
    "whole period|entire period|full period|since started|since we started|since began|since we began|"
    "since day one|from day one|since inception|since beginning of time|since very beginning|over whole period|"
    "over all time|across all time|in whole history|over whole time|whole time|since always|as per today|"
    "as per now|by now|thus far|up until now|full history|since very start"
)
"""All days that there are."""
SINCE = _phrases(
    "since|starting from|starting|starting in|starting with|as from|beginning|beginning in|beginning with|ever since"
)
UNTIL = _phrases("until|till|up to|through|up until|up till|up to and including|until end of|to end of|by end of")
BEFORE = _phrases("before|prior to|earlier than")
AFTER = _phrases("after|later than|following")
ONWARD = _phrases("on|onward|onwards|forward|and later|and after|and beyond|or later")
"""What says behind a period that it is the first of many: from March on."""
ONWARDS = ("onward", "onwards")
LINKS = _phrases("to|until|till|through|-|through to|up to|up until|up till|up to and including")
"""What joins the first period of a range to the last."""
NOW = _phrases("now|today|date|present|present day|the present|the present day|this day")
BEGUN = ("began", "begun", "begin", "started", "start")
EDGES = ("beginning", "start", "end", "turn", "first")
TO_DATE = _phrases("so far|to date|until now|till now|up to now|up to today|to now|until today")
LISTED = ("and", ",", "or", "plus", "+")
SPANNING = _phrases("as whole|overall|inclusive")
"""What says behind a period that all of it counts: 2023 as a whole."""
KEPT = frozenset((*link, *now) for link in (*LINKS, ("and",)) for now in NOW) | {
    ("present", unit) for unit in ("year", "quarter", "month", "week")
}
"""Words that would be courtesy elsewhere: until now, the present year."""
