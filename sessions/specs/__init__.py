"""What a session is made from: the typed spec and its plans, read from TOML, the command line and Python.

Every error carries the path of the field. Imports no other room.
"""
