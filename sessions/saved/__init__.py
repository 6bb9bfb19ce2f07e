"""Sessions on disk that are only read, one or many: no lock, nothing journalled, no JAX before weights are wanted.

Imports tickets and what is below them.
"""
