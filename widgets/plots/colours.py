"""Colours for palette indices that colour-blind people can tell apart, on dark and on light backgrounds.

They are Okabe and Ito's (2008, "Color Universal Design"), each made lighter or darker until it stands
out from its background. Charts of the app, of notebooks and of papers use them, so that a branch looks the same
everywhere; which index a branch has, `figures/selection.py` says (`colour_of`).
"""

DARK = ("#56b4e9", "#e69f00", "#1fb58f", "#d98cb8", "#f0e442", "#ee7733")
"""On dark backgrounds: sky blue, orange, bluish green, reddish purple, yellow, vermilion."""
LIGHT = ("#0072b2", "#b06000", "#007a59", "#a9477f", "#7d7000", "#c43c00")
"""The same names on light backgrounds."""
