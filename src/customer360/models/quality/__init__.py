"""Execute contracts: expand them into checks, run these in few queries, judge what was found."""
