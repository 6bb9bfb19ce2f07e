"""The session as a plain object: whatever a person may ask of it is checked, done and journalled.

Imports the engine and what is below it.
"""
