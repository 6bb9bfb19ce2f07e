"""Folds events into the view of a session: its branches, rounds and densities, and whose turn is next.

Live, attached, replayed and scrubbed views differ only in where the events come from. Imports store, messages
and specs, and no JAX.
"""
