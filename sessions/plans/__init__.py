"""What is known of a plan before training: its problem, whether it can work, its cost, the branches it adds.

Imports views and what is below them.
"""
