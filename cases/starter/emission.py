"""A small physical model of emission tomography: activity becomes an image with the blur and noise of a scanner.

One convention: the model works in image space. True activity is blurred by the scanner (Gaussian), counted
(Poisson, per voxel), and smoothed by the filter of the reconstruction (Gaussian); blur and filter together have
the stated width. So what is expected of every voxel is known: its mean is the activity blurred by both, and its
variance that of the counts behind the filter. Attenuation, scatter and randoms are taken as perfectly corrected.

Arrays are (k, j, i). The same input gives the same bytes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Volume = npt.NDArray[np.float64]

FWHM_PER_SIGMA = math.sqrt(8 * math.log(2))


@dataclass(frozen=True, slots=True)
class Scanner:
    """What blurs and what counts."""

    blur_mm: float
    """Full width at half maximum of the detector and the reconstruction."""
    filter_mm: float
    """Full width at half maximum of the filter behind the reconstruction."""
    counts_per_unit: float
    """Counts of one voxel for one unit of activity."""

    @property
    def resolution_mm(self) -> float:
        """Full width at half maximum of the whole."""
        return math.hypot(self.blur_mm, self.filter_mm)


@dataclass(frozen=True, slots=True)
class Acquired:
    """An image, and what the model expects of it."""

    image: Volume
    """In the unit of the activity."""
    mean: Volume
    """The image without noise."""
    deviation: Volume
    """Standard deviation of each voxel's noise."""
    counts: int
    """Counts of the whole volume."""


def acquire(activity: Volume, spacing_mm: Sequence[float], scanner: Scanner, seed: int) -> Acquired:
    """Make an image of an activity distribution.

    Parameters
    ----------
    activity
        (k, j, i), in any unit.
    spacing_mm
        Between slices, rows, columns.
    scanner
        Blur, filter and sensitivity.
    seed
        Of the noise.
    """
    expected = blurred(activity, spacing_mm, scanner.blur_mm) * scanner.counts_per_unit
    # RandomState, not Generator: its stream is frozen, so another release of numpy counts the same.
    counts = np.random.RandomState(seed).poisson(expected).astype(np.float64)
    filtered = blurred(counts, spacing_mm, scanner.filter_mm)
    variance = blurred(expected, spacing_mm, scanner.filter_mm, power=2)
    return Acquired(
        image=filtered / scanner.counts_per_unit,
        mean=blurred(expected, spacing_mm, scanner.filter_mm) / scanner.counts_per_unit,
        deviation=np.sqrt(variance) / scanner.counts_per_unit,
        counts=int(counts.sum()),
    )


def blurred(volume: Volume, spacing_mm: Sequence[float], fwhm_mm: float, power: int = 1) -> Volume:
    """Convolve with a Gaussian, axis by axis; nothing lies beyond the ends.

    With ``power=2`` the weights are squared, which turns the variances of independent voxels into those of the
    filtered ones.
    """
    for axis, spacing in enumerate(spacing_mm):
        weights = _gaussian(fwhm_mm / FWHM_PER_SIGMA / spacing)
        volume = _convolved(volume, axis, [weight**power for weight in weights])
    return volume


def _gaussian(sigma: float) -> list[float]:
    """Give the weights of a Gaussian, whose sum is 1, out to 4 sigma.

    Sampled, not integrated over voxels: then its width is sigma from half a voxel on, and two of them in a row
    have the stated width.
    """
    reach = math.ceil(4 * sigma)
    weights = [math.exp(-((n / sigma) ** 2) / 2) for n in range(-reach, reach + 1)]
    return [weight / math.fsum(weights) for weight in weights]


def _convolved(volume: Volume, axis: int, weights: Sequence[float]) -> Volume:
    """Add up shifted copies: elementwise, so that the sum does not depend on the machine."""
    reach = len(weights) // 2
    lines = np.pad(np.moveaxis(volume, axis, 0), [(reach, reach), (0, 0), (0, 0)])
    total = np.zeros_like(np.moveaxis(volume, axis, 0))
    for n, weight in enumerate(weights):
        total += weight * lines[n : n + len(total)]
    return np.moveaxis(total, 0, axis)


def rebinned(volume: npt.NDArray[Any], axis: int, old_mm: float, new_mm: float, count: int) -> Volume:
    """Give means over new voxels along an axis, of another size; both grids begin at the same edge."""
    lines = np.moveaxis(volume.astype(np.float64), axis, 0)
    result = np.zeros((count, *lines.shape[1:]))
    for new in range(count):
        low, high = new * new_mm, (new + 1) * new_mm
        for old in range(int(low / old_mm), min(len(lines), math.ceil(high / old_mm))):
            share = (min(high, (old + 1) * old_mm) - max(low, old * old_mm)) / new_mm
            if share > 0:
                result[new] += share * lines[old]
    return np.moveaxis(result, 0, axis)
