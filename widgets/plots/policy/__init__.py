"""A policy at work: its episodes are requested, played, and saved as an animation."""
