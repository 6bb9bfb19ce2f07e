"""Looks at weights, in slices between chunks: what is looked at, and the queue of who asked.

Imports tickets and what is below them.
"""
