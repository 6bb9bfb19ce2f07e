"""Gymnasium's environments, and EnvPool's Box2D, stepped outside of JAX.

Imports what all control tasks share, no other provider.
"""
