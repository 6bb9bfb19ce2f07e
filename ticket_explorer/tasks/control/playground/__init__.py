"""Environments of MuJoCo Playground. Imports what all control tasks share, and no other provider."""
