"""Functions of ours that a compiled one calls.

JAX makes a text of what they raise, and raises that elsewhere. The error itself is kept here meanwhile, the latest one
of the process, so that the caller of the compiled function can raise it with all its fields.
"""

import logging
import re
import traceback
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ticket_explorer.errors import TicketError

P = ParamSpec("P")
R = TypeVar("R")

_JAXS = logging.getLogger("jax._src.callback")
"""Where JAX logs what callbacks raise."""
OWN_TEXT = re.compile("<(.+) [0-9a-f]{8}>")
"""What tracebacks call a text of one's own: its file, and the beginning of its digest."""
_raised: deque[TicketError] = deque(maxlen=1)


def keeping_errors(call: Callable[P, R]) -> Callable[P, R]:
    """A callback whose errors `raised_in_callback` returns."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except TicketError as error:
            _raised.append(error)
            raise

    keep_tracebacks_off()
    return wrapped


def keep_tracebacks_off() -> None:
    """Have JAX log no traceback of an error that is told in a sentence."""
    _JAXS.addFilter(_is_unknown)  # the same filter is added once


def _is_unknown(record: logging.LogRecord) -> bool:
    """Whether a traceback that JAX logs is not that of an error which is told in a sentence."""
    raised = record.exc_info[1] if record.exc_info else None
    frames = traceback.extract_tb(raised.__traceback__) if raised is not None else ()
    return not (isinstance(raised, TicketError) or any(OWN_TEXT.fullmatch(frame.filename) for frame in frames))


def raised_in_callback() -> TicketError | None:
    """What a callback raised since this was last asked; None if nothing."""
    return _raised.pop() if _raised else None
