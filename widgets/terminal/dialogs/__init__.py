"""Dialogs: each asks one thing and returns a command, or nothing."""
