"""Screens: home, new session, explorer, help."""
