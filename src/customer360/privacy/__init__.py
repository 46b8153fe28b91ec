"""Classify, mask, consent, erase."""
