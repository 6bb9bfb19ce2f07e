"""Reports on a session: JSON, tables, comparisons, and whether its files are intact. Reads, and changes nothing.

Imports views and what is below them, and no JAX.
"""
