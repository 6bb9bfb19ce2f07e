"""Environments of one's own, written in JAX. Imports what all control tasks share, and no other provider."""
