"""How sure one can be of a mean of values between 0 and 1."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Interval", "wilson", "wilson_of"]

_Z = 1.959964
"""Standard normal quantile of 97.5 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean between 0 and 1 with what is known of it."""

    mean: float
    """0 to 1."""
    low: float
    """Lower end of the 95 % confidence interval."""
    high: float
    """Upper end."""
    n: int
    """Of how many."""


def wilson(values: Iterable[float]) -> Interval | None:
    """Return the mean of values between 0 and 1 with Wilson's 95 % interval, or None without any.

    For values that are not only 0 or 1 it is on the safe side: no variable between 0 and 1 varies more than one that is
    0 or 1 with the same mean.

    References
    ----------
    Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.
    """
    found = tuple(values)
    return wilson_of(math.fsum(found) / len(found), len(found)) if found else None


def wilson_of(mean: float, n: int) -> Interval:
    """Return Wilson's 95 % interval of a mean of n values."""
    z2 = _Z * _Z
    middle = (mean + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * mean * (1 - mean) / n + z2 * z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(mean, max(0.0, min(mean, middle - half)), min(1.0, max(mean, middle + half)), n)
