"""List the words of the language itself: what asks, joins, compares and ranks, and what is mere courtesy.

Nothing here belongs to a trade: names of metrics, dimensions and values come from the semantic model and the data.
"""

from __future__ import annotations

from customer360.ask.inflect import stems

_SAME_LAST_YEAR = "|".join(
    f"same {unit} {when}"
    for unit in ("period", "time", "day", "week", "month", "quarter", "span")
    for when in (
        "last year",
        "of last year",
        "in last year",
        "previous year",
        "prior year",
        "of previous year",
        "a year ago",
        "year ago",
        "a year before",
        "a year earlier",
        "year before",
        "one year ago",
        "one year before",
    )
)

WORDS: dict[str, str] = {
    # what to group by
    "BY": (
        "separated into|broken up by|split out by|split up by|separately per|divided by each|classified by|"
        "arranged by|spread by|shown by|displayed by|itemised per|split among|distributed among|per individual|"
        "for the different|for the various|across the different|across the various|by the different|"
        "by the various||by|split by|split on|broken down by|broken out by|break down by|break it down by|"
        "grouped by|group by|segmented by|breakdown by|breakdown per|split per|for each|for every|in each|"
        "in every|of each|of every|within each|from each|at each|with each|on each|each|every|across|across all|"
        "along|by each|according to|depending on|differ by|vary by|for each of|per each|distributed by|"
        "distribution by|distributed across|distributed over|distribution across|distribution over|sliced by|"
        "cut by|over all|for all|split into|divided into|broken by|separated by|grouped into|spread over|"
        "spread across|breakdown over|broken down per|broken down into|split across|cut into|itemized by|"
        "itemised by|listed by|detailed by|down by|down per|out by|up by|separately for|separately by|"
        "individually for|in all of"
    ),
    "PER": "per",
    # what filters stand behind
    "IN": "in|at|on|during|within|through|via|over|throughout|inside|using",
    "THROUGHOUT": "across|all through|in course of|over course of|during course of|through course of|right through",
    "FOR": (
        "for|among|amongst|with regard to|regarding|concerning|about|related to|relating to|with respect to|"
        "when it comes to|referring to"
    ),
    "FROM": (
        "aimed at|targeted at|directed at|meant for|intended for|held in|conducted in|written in|made in|done in|"
        "received via|received by|received through|placed via|placed through|placed on|placed by|falling under|"
        "falling into|fall into|fall under|classified as|categorised as|categorized as|marked as|flagged as|"
        "counted as|labelled as|assigned to|addressed to|going to|falling in|fall in|sitting in|who come from|"
        "that came from|that come from|arriving via|arriving by|coming in via|coming in by|coming in through|"
        "coming in from|started from|opened via|opened by|opened through|raised via|raised by|handled via|"
        "handled in|logged via|submitted via|reported via|filed via|filed by|bought via|bought through|"
        "ordered via|ordered through|from|coming from|come from|came from|originating from|due to|thanks to|"
        "living in|live in|lives in|lived in|based in|located in|resident in|residing in|came by|come by|"
        "comes by|coming by|came via|come via|coming via|came through|come through|coming through|came in via|"
        "came in by|came in through|come in via|stemming from|belonging to|who live in|arriving from|made via|"
        "made through|done via|came in from|come in from|came in over|came in on|falls on|fall on|falling on|fell on"
    ),
    "OF": "of",
    "WITH": "with|having",
    "WITHOUT": "without|with no|with zero|lacking",
    "TO": "to",
    "AS": "as",
    "NOT": (
        "not counting|without counting|leaving aside|setting aside|disregarding|bar|barring|minus those|not in|"
        "not from|not on|not via|not through|not by|not for|not of|not with||not|excluding|exclude|except|"
        "except for|other than|apart from|leaving out|leave out|not including|aside from|non|outside|outside of|"
        "ignoring|but not|rather than|all but|everything but|everyone but|all except|any but|anything but|"
        "but for"
    ),
    "NEVER": "never|not ever",
    "ONLY": "only|just|solely|exclusively|nothing but",
    "WHO": "who|that|which|whom",
    "WHOSE": "whose|where",
    "AND": "and|as well as|along with|and also|together with|also",
    "OR": "or",
    "COMMA": ",",
    "EITHER": "either|both",
    "BOTH": "both",
    "AGAIN": "again|once again|once more|also|too|as well",
    "SINCETHEN": "since|since then|ever since|afterwards|after that|thereafter|later on|any more|anymore",
    "EQ": "=|equal|equal to|equals|equalling|exactly|precisely",
    # asking
    "HOWMANY": ("how many|number of|count of|count|how many of|total number of|total count of|the number of|amount of"),
    "NUMBEROF": "number of|count of|total number of|total count of|the number of",
    "HOWMANYDID": "how many did|how many do|how many does|how many were|how many are|how many have|how many was",
    "HOWMUCH": "amount|how much|what did|what do|what does|what have|what has",
    "HOWLONG": (
        "how long|how long does it take|how long did it take|how long do it take|how long it takes|how long it took|"
        "how quickly|how fast|how quickly do|how fast do|how many days does it take|how many hours does it take|"
        "how many minutes does it take"
    ),
    "HOWBIG": "how high|how big|how large|how low|how small|how good|how strong",
    "DIFFERS": "higher|lower|bigger|larger|smaller|greater|better|worse|more|less|fewer",
    "THAN": "than",
    "EXCLUDED": (
        "excluded|ones excluded|left out|ones left out|not included|ones not included|not counted|ones not counted"
    ),
    "MAKEUP": "make up|makes up|made up|making up",
    "MUST": "must|have to|need to|got to|has to|can|could|may",
    "WHICH": "which|what|who|what kind of|what type of",
    "IDS": "ids|id|names only|ids only|identifiers",
    "IDNO": "numbers|id numbers|ids|id",
    "LIST": "list|list of|enumerate|list all|list out",
    "ALL": "all|all of|any|every single",
    "AGO": "ago",
    "SPANWORD": "week|period|days|time|time frame|timeframe|time span|interval|window|time window",
    # aggregates
    "TOTAL": "total|overall|total amount of|grand total|all",
    "SUM": "sum of|sum|combined|total of|aggregate",
    "INTOTAL": "in total|altogether|in all|all in all|all together",
    "DISTINCT": "different|distinct|unique",
    "US": "we|us|i",
    "OURS": (
        "we spend|we spent|we buy|we bought|we pay|we paid|we order|we ordered|we purchase|we purchased|we shop|"
        "we shopped|i spend|i spent|i buy|i bought"
    ),
    "AVERAGE": "average|mean|average of|typical",
    "MEDIAN": "median",
    "MOST": "most|busiest|highest|largest|biggest|greatest|maximum|max",
    "LEAST": "least|lowest|smallest|fewest|minimum|min",
    "TOP": "top|busiest|highest|leading|largest|biggest|greatest|most important",
    "BOTTOM": "bottom|lowest|smallest|least important",
    "BEST": "best|strongest|best performing|top performing|most successful",
    "WORST": "worst|weakest|poorest|worst performing|least successful",
    "LONGEST": "longest|slowest",
    "SHORTEST": "shortest|fastest|quickest",
    "FREQUENT": "most frequent|most common|most frequently|most often|commonest",
    "RARE": "least frequent|least common|least often|rarest",
    "RANKED": (
        "ranked by|rank by|sorted by|sort by|ordered by|order by|in order of|ranking by|based on|in terms of|"
        "measured by|by total|judged by"
    ),
    "RANKING": "rank|ranking of|sort|ranking",
    "DESC": (
        "descending|desc|in descending order|highest first|largest first|from highest to lowest|high to low|"
        "from high to low"
    ),
    "ASC": "ascending|asc|in ascending order|lowest first|smallest first|from lowest to highest|low to high",
    "SHARE": (
        "share of|percentage of|percent of|proportion of|fraction of|% of|what share of|what percentage of|"
        "what percent of|what proportion of|what fraction of|what part of|contribution to|contribution of|"
        "portion of|share in|share|how many percent of|how much percent of|how many % of|how much % of|what % of|"
        "which share of|which percentage of|which proportion of|which part of|which fraction of|which percent of"
    ),
    "ASSHARE": (
        "as share of|as percent of|as percentage of|as a share of|as a percentage of|as proportion of|"
        "relative to|divided by|as fraction of|as % of"
    ),
    "INPERCENT": (
        "in percent|in percentage|as percent|as percentage|in %|percentage wise|as share|as shares|"
        "in relative terms|as % of total|as percentage of total|as share of total|as percent of total"
    ),
    # figures over time
    "CUMULATIVE": (
        "cumulative|running total of|running total|running|accumulated|cumulated|cumulatively|running sum|"
        "running sum of|cumulative sum of|cumulative total|cumulative total of|accumulating|running year to date|"
        "cumulative year to date|year to date cumulative|running ytd|cumulative ytd|ytd cumulative|running tally of|"
        "add up|added up|build up|built up|as running total|as cumulative|with running total|with cumulative|"
        "as cumulative figure|as running figure|as cumulative total|with cumulative total"
    ),
    "ROLLING": "rolling|trailing|moving",
    "TREND": (
        "trend|trend of|trends|trends in|trend in|trend for|over time|evolution of|evolution|development of|"
        "time series of|develop|developed|evolve|evolved|trending over time|through time|history of|"
        "trend over time|move|moved|moving|trended|trending|timeline|timeline of|progression|"
        "progression of|progress of|fared|trajectory of"
    ),
    "CHANGED": (
        "changed|change|change in|change of|changes in|grown|grow|grew|growth of|growth in|growth|growing|"
        "increase in|decrease in|increased|decreased|difference in|fallen|risen|go up|went up|going up|gone up|"
        "go down|went down|going down|gone down|rise|rose|rising|fell|falling|drop in|dropped|drop|decline in|"
        "declined|shrink|shrank|shrunk|improve|improved|worsen|worsened|increase|decrease|increasing|decreasing|"
        "go up or down|gone up or down|went up or down|rise or fall|risen or fallen|increase or decrease|"
        "percentage change in|percent change in|% change in|percentage change of|percentage growth of|% growth of|"
        "percentage growth in|% growth in|percentage growth|growth rate of|relative change in|percentage change|"
        "% change|percent change|rate of growth of"
    ),
    "VS": (
        "vs|compared to|compared with|against|in comparison to|in comparison with|as compared to|compare to|"
        "compare with|comparing with|comparing to|as opposed to|up on|down on|ahead of|as against|relative to|"
        "compared against|measured against|next to|when compared with|when compared to|in relation to|up or down on|"
        "stack up against"
    ),
    "THATOF": "that of|that in|that for|those of|those in|those for|it was in|they were in",
    "DEGREE": (
        "by how much|by what percentage|by what percent|by how many percent|how many percent|by what %|how far|"
        "by how many|to what extent|by which percentage|how strongly"
    ),
    "UPDOWN": "up|down|up or down",
    "ENDOFEACH": ("at end of each|at end of every|by end of each|as of end of each|at close of each|at each end of"),
    "COMPARE": (
        "side by side|compare|comparison of|comparison|comparing|comparison between|compare between|"
        "difference between|contrast"
    ),
    "BETWEEN": "between",
    "YOY": "up on last year|down on last year|ahead of last year|behind last year|"
    "year over year|yoy|year on year|y o y|year over year growth|yoy growth|yoy change",
    "LASTYEARTOO": f"{_SAME_LAST_YEAR}|year before|year ago|one year ago|a year ago|previous year|prior year|"
    "year earlier|a year earlier|last year to date|"
    "prior year to date|previous year to date|last year ytd|"
    "this time last year|last years same period|corresponding period last year|equivalent period last year|"
    "corresponding period of last year|equivalent period of last year|comparable period last year|py|one year earlier|"
    "corresponding period previous year|same period year before|"
    "twelve months before|12 months before|twelve months earlier|12 months earlier",
    "POP": "period over period|previous period",
    "BEFORETOO": (
        "previous period|period before|prior period|previous one|one before|last one|preceding period|preceding one|"
        "period before that|month before|"
        "week before|quarter before|year before that|month before that|week before that|quarter before that|"
        "month earlier|week earlier|quarter earlier|one month earlier|one week earlier|one quarter earlier|"
        "one month before|one week before|one quarter before|day before that|period earlier"
    ),
    "ONAVERAGE": "averaged|on average|in average|averagely|typically|usually|normally|generally",
    "ONES": "ones|one",
    "BEFORE": "before|before that|earlier|previous|prior",
    "SAMEPERIOD": "same period|same time|same span|same months|same days|same period of|same period in|same weeks",
    "LASTONE": "last|last one|previous",
    "LIGHT": (
        "opened|opening|file|filed|raise|raised|submit|submitted|create|created|start|started|take|took|"
        "place|placed|make|made"
    ),
    "MADE": "made|placed|done",
    # numbers
    "MORE": (
        "more than|over|above|greater than|higher than|exceeding|exceed|exceeds|>|larger than|bigger than|"
        "upwards of|beyond|better than|in excess of|more|exceeded|topped|surpassed|surpass|passed|rose above|was above|"
        "were above|went above|went over|stayed above|longer than|older than|beat"
    ),
    "ATLEAST": (
        "min|at least|minimum of|not less than|no less than|>=|a minimum of|not fewer than|no fewer than|not below"
    ),
    "LESS": (
        "less than|under|below|fewer than|lower than|<|smaller than|fell below|dropped below|went below|stayed below|"
        "fell under|dropped under|stayed under|sank below|shorter than|younger than|was below|were below|was under"
    ),
    "ATMOST": "at most|maximum of|up to|not more than|no more than|<=|a maximum of|not above",
    "ORMORE": "or more|and more|or above|or higher|and above|and up|or over|or greater|plus|+",
    "ORLESS": "or less|or fewer|or below|or lower|and below",
    "NOTEQ": "!=",
    "TIMES": "times|time",
    "NO": "no|zero",
    "CONTAINS": "contains|contain|containing|including|includes|include|named like|like",
    "STARTS": "starting with|starts with|beginning with|begins with|start with",
    "CALLED": "called|named",
}
"""Category -> its phrases. Longer phrases win over the shorter ones inside them only through the grammar."""

FIGURE_NOUNS = (
    "figure|figures|number|numbers|value|values|stat|stats|statistic|statistics|total|totals|level|levels|"
    "result|results|data"
)
"""Nouns that may follow a metric without saying more: revenue figures."""


def closed_phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return each phrase of the language, stemmed, with its categories."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for category, phrases in WORDS.items():
        for text in phrases.split("|"):
            key = stems(tuple(text.split()))
            if category not in found.get(key, ()):
                found[key] = (*found.get(key, ()), category)
    return found
