"""Decide who may see what: accounts, requests, grants, and the rewriting of every query by them."""
