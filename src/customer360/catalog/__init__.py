"""Keep products findable, access governed and lineage known."""
