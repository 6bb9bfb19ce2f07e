"""Analyses of weights, in slices between chunks: their inputs, and the queue of requests.

Imports tickets and what is below them.
"""
