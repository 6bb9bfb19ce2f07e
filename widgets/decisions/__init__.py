"""The decisions that a person can make: fields and their ranges, the results of choices, and what is wrong with them.

The terminal's dialogs and the notebook's forms ask the same questions; this room knows no screen.
"""
