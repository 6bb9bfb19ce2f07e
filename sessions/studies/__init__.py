"""Studies: a grid of sessions that ask one question, planned, checked, handed out to workers, and read as one table.

A study drives sessions, and no session knows of it. Imports the session and what is below it; JAX is loaded only where
a cell is checked or computed, which workers do, and Dask only where workers are started.
"""
