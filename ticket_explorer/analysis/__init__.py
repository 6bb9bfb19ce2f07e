"""Analyses: what a finished round tells about its weights."""
