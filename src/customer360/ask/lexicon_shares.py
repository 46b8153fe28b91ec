"""List the words for shares: what share of, how large a part, as a percentage of the total."""

from __future__ import annotations

_OF_IT = (
    "share of|percentage of|percent of|proportion of|fraction of|% of|portion of|share in|share|contribution to|"
    "contribution of|how many percent of|how much percent of|how many % of|how much % of|relative share of|"
    "percentage share of|relative weight of|percentage contribution of|percentage in|share held by|share taken by"
)
_PERCENT = (
    "in percent|in percentage|as percent|as percentage|in %|percentage wise|as share|as shares|in relative terms|"
    "as a percentage|as percentages|in percentages|in percentage terms|as a percent|percentage breakdown of|"
    "percentage split of|percentage distribution of|as a share|expressed in percent|expressed as percentage"
)
_HOW_BIG = "how big|how large|how high|how great|how small|how low|how significant|how substantial"
_PORTION = "share|percentage|percent|%|proportion|fraction|portion|part|slice|chunk|percentage share|relative share"
SHARES = "|".join(
    [
        *_OF_IT.split("|"),
        *(f"{ask} {noun} of" for ask in ("what", "which") for noun in _PORTION.split("|")),
        *(f"{size} a {noun} of" for size in _HOW_BIG.split("|") for noun in _PORTION.split("|")),
        *(
            f"{size} {be} the {noun} of"
            for size in _HOW_BIG.split("|")
            for be in ("is", "was")
            for noun in _PORTION.split("|")
        ),
    ]
)
PORTIONS = "|".join(
    [
        "how many percent|how much percent|how many %|how much %|percentage|proportion|share|fraction",
        *(f"{ask} {noun}" for ask in ("what", "which") for noun in _PORTION.split("|")),
        *(f"{size} a {noun}" for size in _HOW_BIG.split("|") for noun in _PORTION.split("|")),
        *(
            f"{size} {be} the {noun}"
            for size in _HOW_BIG.split("|")
            for be in ("is", "was")
            for noun in _PORTION.split("|")
        ),
    ]
)
IN_PERCENT = "|".join(
    [
        *_PERCENT.split("|"),
        *(
            f"{start} {noun} of {end}"
            for start in ("as", "as a", "in")
            for noun in ("%", "percent", "percentage", "share", "proportion", "fraction")
            for end in ("total", "the total", "all", "the whole", "the grand total", "overall total", "it all")
        ),
    ]
)

__all__ = ["IN_PERCENT", "PORTIONS", "SHARES"]
