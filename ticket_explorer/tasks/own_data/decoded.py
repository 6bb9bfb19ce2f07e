"""What was decoded once, kept in the user's cache: decoding takes minutes where reading arrays takes a moment."""

import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from tempfile import TemporaryDirectory

import numpy as np

from ticket_explorer.places import cache_dir, make_private


def kept(what: object, decode: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays by their names, decoded unless they were before.

    Args:
        what: All that they depend on; equal if its `repr` is.
        decode: Makes them.
    """
    place = cache_dir() / "data" / f"own-{sha256(repr(what).encode()).hexdigest()}.npz"
    if place.is_file():
        with np.load(place, allow_pickle=False) as found:
            return dict(found)
    arrays = dict(decode())
    make_private(place.parent)
    with TemporaryDirectory(dir=place.parent) as building:
        whole = os.path.join(building, place.name)
        np.savez(whole, allow_pickle=False, **arrays)
        os.replace(whole, place)
    return arrays
