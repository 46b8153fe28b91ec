"""Execute contracts: expand them into checks, run these in few queries, judge what was found."""

from customer360.models.quality.published import check_published

__all__ = ["check_published"]
