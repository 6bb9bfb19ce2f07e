"""Computes what a session's view says is next: takes a round up, advances it chunk by chunk, scores and seals it.

Decides nothing that a person decides. Imports analyses and what is below them.
"""
