"""Panels: the explorer's charts, masks and journal."""
