"""The forms of `Decisions`, one in each file: each asks one thing about the selected branch."""
