"""The plain object that everything else is built on: what a person may ask of a session, checked, done and journalled.

Imports the engine and what is below it.
"""
