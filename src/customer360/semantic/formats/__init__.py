"""Write semantic models in the formats of other tools and read theirs, saying what does not fit."""
