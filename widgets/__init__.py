"""Faces: they ask, show and draw. They compute nothing."""
