"""Environments of brax, of both its generations. Imports what all control tasks share, and no other provider."""
