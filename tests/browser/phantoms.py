"""Cases of phantoms, written for the tests: a ball of known place in series of any geometry."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.viewer.conftest import Phantom, write

_CASE = """
slug = "{slug}"
title = "Phantom"
title_teacher = "Ball in air"
sections = ["thoracic"]
level = 1
modality = "CT"
patient = "A phantom"
history = "None."
history_written_for_teaching = true
technique = "Written by a test."
origin = "simulated"
spoilers = ["sphere"]
diagnosis = "A ball."
diagnosis_status = "none: a phantom"
{series}
[[region]]
name = "ball"
label = "Ball"
series = "{first}"
authority = "Geometry"
kind = "contours"
file = "regions/ball.json"
agreement = 1
[[finding]]
id = "ball"
text = "A ball."
status = "observed"
series = "{first}"
point_mm = [{point}]
[provenance]
source = "A test"
archive = ["none"]
members = "none"
sha256 = ["{digest}"]
licence = "CC0-1.0"
licence_url = "https://creativecommons.org/publicdomain/zero/1.0/"
citation = "None."
attribution = "None."
changes = ["None."]
"""
_SERIES = """
[[series]]
id = "{id}"
label = "{label}"
body_part = "chest"
start_frame = 1
[[series.window]]
name = "all"
center = -470
width = 1400
"""
_QUIZ = """
[[question]]
id = "mark"
kind = "mark"
prompt = "Mark it."
region = "ball"
series = "{first}"
explanation = "It was there."
"""


def write_case(library: Path, slug: str, series: Mapping[str, Phantom]) -> None:
    """Write a case whose first question is to mark the ball of its first series."""
    folder = library / slug
    (folder / "regions").mkdir(parents=True)
    first = next(iter(series))
    ball = series[first]
    texts = "".join(_SERIES.format(id=name, label=name.capitalize()) for name in series)
    point = ", ".join(str(float(x)) for x in ball.centre)
    (folder / "case.toml").write_text(
        _CASE.format(slug=slug, series=texts, first=first, point=point, digest="0" * 64), encoding="utf-8"
    )
    (folder / "quiz.toml").write_text(_QUIZ.format(first=first))
    headings = ("Technique", "Search pattern", "Learning points", "References")
    (folder / "teaching.md").write_text("".join(f"## {heading}\nText.\n\n" for heading in headings))
    (folder / "SOURCE.md").write_text("A test.")
    readers = [{"name": "Geometry", "contours": rings(ball)}]
    (folder / "regions" / "ball.json").write_text(json.dumps({"readers": readers}))
    for number, (name, phantom) in enumerate(series.items(), start=1):
        target = folder / "dicom" / name
        target.mkdir(parents=True)
        for k in (k for k in range(phantom.count) if k not in phantom.missing):
            ds = phantom.slice(k)
            ds.SeriesInstanceUID = f"1.2.3.{number}"
            ds.SOPInstanceUID = f"1.2.3.{number}.{k + 1}"
            write(ds, target / f"{k:03d}.dcm")


def rings(phantom: Phantom) -> list[dict[str, object]]:
    """Where each slice's plane cuts the ball."""
    row, column, normal = phantom.axes()
    found: list[dict[str, object]] = []
    for number in range(phantom.count):
        height = float((phantom.position(number) - phantom.centre) @ normal)
        if abs(height) < phantom.radius - 0.5:
            radius = (phantom.radius**2 - height**2) ** 0.5
            middle = np.array(phantom.centre) + height * normal
            angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
            points = middle + radius * (np.cos(angles)[:, None] * row + np.sin(angles)[:, None] * column)
            found.append({"points": points.round(6).tolist()})
    return found
