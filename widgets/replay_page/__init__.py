"""A session as one file for a browser: all its figures are drawn beforehand, and one page scrubs through them.

Imports the canvas and plots; needs no notebook, no server and no JAX.
"""
