"""Build the parts every star schema shares: calendar, history, surrogate keys."""
