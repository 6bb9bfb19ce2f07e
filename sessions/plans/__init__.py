"""What a plan means before anything is trained: its problem, whether it can work, its cost, the branches it adds.

Imports views and what is below them.
"""
