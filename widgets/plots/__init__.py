"""From view to series to drawing, shared by all faces."""
