"""Figures: from a view to numbers to drawings, shared by all faces."""
