"""Makes tickets: a round's result is pruned and rewound to the next round's start, or lent to another branch.

Imports plans, reports and what is below them.
"""
