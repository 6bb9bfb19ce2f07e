"""The terminal app: widgets that show view-models and post messages."""
