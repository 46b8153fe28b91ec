"""Turn plain language into a metric query, or say what was not understood."""
