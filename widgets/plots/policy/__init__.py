"""A policy at work: its episodes asked for, played, and kept as a picture that moves."""
