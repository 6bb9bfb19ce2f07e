"""Environments of gymnax. Imports what all control tasks share, and no other provider."""
