"""The forms of `Decisions`, one a file: each asks one thing about the branch that is looked at."""
