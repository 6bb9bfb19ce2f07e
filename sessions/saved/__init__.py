"""Reads sessions on disk, one or many: takes no lock, journals nothing, and loads JAX only for weights.

Imports tickets and what is below them.
"""
