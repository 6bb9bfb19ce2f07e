"""Round numbers for axes."""

from math import ceil, floor, log10

_STEPS = (1.0, 2.0, 5.0, 10.0)
_SHARES = tuple(digit * 10.0**power for power in range(0, -7, -1) for digit in (1.0, 0.5, 0.2))


def round_ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten that enclose [low, high], about `about` of them."""
    rough = (high - low) / max(about - 1, 1) or 0.1 * max(abs(high), 0.1)
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in _STEPS if factor * power >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(i * step for i in range(first, max(last, first + 1) + 1))


def labels(ticks: tuple[float, ...]) -> list[str]:
    """Evenly spaced ticks as text, with as many decimals as their spacing needs."""
    decimals = max(0, ceil(-log10(ticks[1] - ticks[0]) - 1e-9))
    return [f"{tick:.{decimals}f}" for tick in ticks]


def share_ticks(lowest: float) -> tuple[float, ...]:
    """1, 0.5, 0.2, 0.1 … for a logarithmic axis from 1 down to `lowest`; both ends are ticks, however near."""
    rounded = tuple(share for share in _SHARES if lowest * 1.25 < share < 1)
    return (1.0, *rounded, lowest) if lowest < 1 else (1.0,)
