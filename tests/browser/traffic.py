"""Everything that passes between browser and server, and the search for what must not be in it."""

import hashlib
import json
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import streamlit
from playwright.sync_api import Page, Response, WebSocket

from quizzes.vocabulary import bundled_vocabulary
from tests.browser.truth import LIBRARY, Truth, case_file, quiz_file

_PIXELS = re.compile(r"/pixels/[0-9a-f]+/(\d+)-(\d+)$")
_PAIR = re.compile(r"(?=(?<![\d.])(-?\d+(?:\.\d+)?)[\s,]+(-?\d+(?:\.\d+)?))")


@dataclass
class Traffic:
    """What one tab has exchanged since it was opened, or since the last `take`."""

    responses: list[Response] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        traffic = cls()
        page.on("response", lambda response: traffic.responses.append(response))
        page.on("websocket", traffic.listen)
        return traffic

    def listen(self, socket: WebSocket) -> None:
        for event in ("framereceived", "framesent"):
            socket.on(event, lambda payload: self.frames.append(payload if isinstance(payload, bytes) else payload.encode()))

    def take(self, slug: str) -> "Spoken":
        """Give what was said since the last time, and check that pixel responses hold pixels and nothing else."""
        texts = {f"websocket frame {n}": frame for n, frame in enumerate(self.frames)}
        shipped = {}
        for response in self.responses:
            path = urlsplit(response.url).path
            if response.status in (204, 304):
                continue
            body = response.body()
            headers = json.dumps(response.all_headers()).encode()
            if match := _PIXELS.search(path):
                assert_only_pixels(body, slug, int(match[1]), int(match[2]))
                body = b""
            if hashlib.sha256(body).hexdigest() in _shipped_files():
                shipped[response.url] = body
                body = b""
            texts[response.url] = response.url.encode() + b"\n" + headers + b"\n" + body
        self.responses.clear()
        self.frames.clear()
        return Spoken(texts, shipped)


@dataclass
class Spoken:
    """Texts as they went over the wire, and files that are the same for every case."""

    texts: dict[str, bytes]
    shipped: dict[str, bytes]

    def having(self, phrases: Iterable[str], *, shipped: bool = True) -> list[str]:
        """Say where a phrase occurs, whatever its case, as UTF-8 or escaped for JSON."""
        sought = [(phrase, {phrase.lower(), json.dumps(phrase.lower())[1:-1]}) for phrase in phrases]
        found = []
        for place, body in {**self.texts, **(self.shipped if shipped else {})}.items():
            text = body.decode("utf-8", "ignore").lower() + body.decode("latin-1").lower()
            found += [f"{phrase!r} in {place}" for phrase, forms in sought if any(form in text for form in forms)]
        return found

    def having_numbers(self, points: np.ndarray, within: float) -> list[str]:
        """Say where two numbers in a row, or two doubles or floats, are a point."""
        found = []
        for place, body in self.texts.items():
            pairs = np.array([(float(a), float(b)) for a, b in _PAIR.findall(body.decode("latin-1"))]).reshape(-1, 2)
            for x, y in pairs:
                if (np.abs(points - (x, y)).max(axis=1) <= within).any():
                    found.append(f"({x}, {y}) in {place}")
            found += [f"{form} in {place}" for form in _binary(points) if form in body]
        return found


def assert_only_pixels(body: bytes, slug: str, first: int, last: int) -> None:
    """Check every value: what equals the file's frames to the last byte can carry nothing else."""
    truth = Truth.of(slug)
    shape = (last - first, truth.header.Rows, truth.header.Columns)
    kind = {1: "u1", 2: "<i2" if truth.header.get("PixelRepresentation") else "<u2"}[len(body) // int(np.prod(shape))]
    values = np.frombuffer(body, kind).reshape(shape)
    for frame in range(first, last):
        assert np.array_equal(values[frame - first], truth.values(frame))


def spoiler_words(slug: str) -> list[str]:
    """Single words that give the case away."""
    words: list[str] = case_file(slug)["spoilers"]
    return words


def answers(slug: str) -> Iterator[str]:
    """Texts that only somebody who has answered may see."""
    case = case_file(slug)
    yield from (case["diagnosis"], case["diagnosis_status"], case["title_teacher"])
    yield from (finding["text"][:40] for finding in case["finding"])
    for region in case["region"]:
        yield from (region["label"], region["authority"])
    for question in quiz_file(slug):
        yield question["explanation"][:40]
        for entry in question.get("entry", ()):
            yield from (entry["for"], entry["against"])
    teaching = (LIBRARY / slug / "teaching.md").read_text("utf-8")
    yield from (line[:40] for line in teaching.splitlines() if len(line) > 40)


def names(slug: str) -> Iterator[str]:
    """Every name of what the differential asks for, and the right answers of the other questions."""
    vocabulary = bundled_vocabulary()
    for question in quiz_file(slug):
        if len(question.get("answer", "")) > 12:
            yield question["answer"]
        for entry in question.get("entry", ()):
            concept = vocabulary[entry["concept"]]
            yield from (concept.id, concept.name, *concept.synonyms)


def outline_points(slug: str) -> np.ndarray:
    """Corners of the case's regions: in the patient (x, y) and on the image (column, row)."""
    points: list[tuple[float, float]] = []
    for region in case_file(slug)["region"]:
        if region["kind"] == "ellipse":
            (column, row), (a, b) = region["centre"], region["radii"]
            points += [(column + a, row), (column - a, row), (column, row + b), (column, row - b)]
            continue
        header = Truth.of(slug).header
        readers = json.loads((LIBRARY / slug / region["file"]).read_text())["readers"]
        for reader in readers:
            for contour in reader["contours"]:
                mm = np.array(contour["points"])[:, :2]
                origin = [float(value) for value in header.ImagePositionPatient[:2]]
                pixels = (mm - origin) / [float(value) for value in header.PixelSpacing[::-1]]
                points += [*map(tuple, mm), *map(tuple, pixels)]
    return np.unique(np.array(points).round(6), axis=0)


def centre_points(slug: str) -> np.ndarray:
    """Middles of the case's regions, in the patient and on the image."""
    points = outline_points(slug)
    case = case_file(slug)
    if all(region["kind"] == "ellipse" for region in case["region"]):
        return np.array([region["centre"] for region in case["region"]], float)
    header = Truth.of(slug).header
    finding = next(one for one in case["finding"] if one.get("region"))
    mm = np.array(finding["point_mm"][:2])
    pixels = (mm - [float(v) for v in header.ImagePositionPatient[:2]]) / [float(v) for v in header.PixelSpacing[::-1]]
    assert len(points) > 100
    return np.array([mm, pixels])


def _binary(points: np.ndarray) -> Iterator[bytes]:
    for x, y in points:
        if x != int(x):
            yield from (struct.pack("<2d", x, y), struct.pack("<2f", x, y))


@cache
def _shipped_files() -> frozenset[str]:
    """Hashes of what Streamlit and the viewer's build ship: they know nothing of any case."""
    folders = (Path(streamlit.__file__).parent / "static", LIBRARY.parents[1] / "viewer" / "frontend" / "dist")
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
