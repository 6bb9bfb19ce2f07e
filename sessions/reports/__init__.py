"""What a session tells: JSON, tables, comparisons, and whether its files are whole. Reads, and changes nothing.

Imports views and what is below them, and no JAX.
"""
