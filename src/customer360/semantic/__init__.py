"""Compile metric queries to SQL that cannot double-count."""
