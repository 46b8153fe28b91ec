"""Compute customer science, one method a file, each with its source."""
