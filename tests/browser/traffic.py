"""Everything that passes between browser and server, and the search for what must not be in it."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit
from playwright.sync_api import APIResponse, Page, Route, WebSocket

from quizzes.vocabulary import bundled_vocabulary
from tests.browser.truth import LIBRARY, Truth, case_file, quiz_file
from viewer.packing import pack

_STYLE = (LIBRARY.parents[1] / "pages" / "style.css").read_bytes()
_PIXELS = re.compile(r"/pixels/[0-9a-f]+/(\d+)-(\d+)$")
_PAIR = re.compile(r"(?=(?<![\d.])(-?\d+(?:\.\d+)?)[\s,]+(-?\d+(?:\.\d+)?))")


@dataclass
class Traffic:
    """What one tab has exchanged since it was opened, or since the last `take`."""

    answers: list[tuple[str, APIResponse]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        traffic = cls()
        page.route("**/*", traffic.pass_on)
        page.on("websocket", traffic.listen)
        return traffic

    def pass_on(self, route: Route) -> None:
        """Fetch in the browser's stead: it does not keep every body until it is asked for."""
        # The server may close a connection that was idle just as it is used again.
        response = route.fetch(max_retries=2)
        self.answers.append((route.request.url, response))
        route.fulfill(response=response)

    def listen(self, socket: WebSocket) -> None:
        def keep(payload: str | bytes) -> None:
            self.frames.append(payload if isinstance(payload, bytes) else payload.encode())

        socket.on("framereceived", keep)
        socket.on("framesent", keep)

    def take(self, slug: str, asked: int = 1) -> "Spoken":
        """Give what was said since the last time, less the first so many questions themselves.

        Checks that pixel responses hold pixels and nothing else.
        """
        texts = {f"websocket frame {n}": _unasked(slug, asked, frame) for n, frame in enumerate(self.frames)}
        shipped = {}
        for url, response in self.answers:
            body = response.body()
            if match := _PIXELS.search(urlsplit(url).path):
                series = [Truth.of(slug, one["id"]) for one in case_file(slug)["series"]]
                check = is_only_packed_pixels if urlsplit(url).query.endswith("&packed=1") else is_only_pixels
                assert any(check(body, one, int(match[1]), int(match[2])) for one in series), url
                body = b""
            elif hashlib.sha256(body).hexdigest() in _shipped_files():
                shipped[url], body = body, b""
            # The style sheet is the same for every case.
            body = body.replace(_STYLE, b"")
            texts[url] = b"\n".join([url.encode(), json.dumps(response.headers).encode(), body])
            response.dispose()
        self.answers.clear()
        self.frames.clear()
        return Spoken(texts, shipped)


def _unasked(slug: str, asked: int, frame: bytes) -> bytes:
    """Leave out what has to be said: what the questions ask."""
    for said in _asked(slug, asked):
        frame = frame.replace(said.encode(), b"")
    return frame


def _asked(slug: str, count: int) -> Iterator[str]:
    for question in quiz_file(slug)[:count]:
        yield from (question["prompt"], *question.get("options", ()))


@dataclass
class Spoken:
    """Texts as they went over the wire, and files that are the same for every case."""

    texts: dict[str, bytes]
    shipped: dict[str, bytes]

    def having(self, phrases: Sequence[str], *, shipped: bool = True) -> list[str]:
        """Say where a phrase occurs, whatever its case, as UTF-8 or escaped for JSON.

        It has to begin a word: "abnormal" is not "normal". One letter before it may be a length in a binary frame.
        """
        found = []
        for place, body in {**self.texts, **(self.shipped if shipped else {})}.items():
            text = body.decode("utf-8", "ignore").lower() + "\n" + body.decode("latin-1").lower()
            for phrase in phrases:
                for form in {phrase.lower(), json.dumps(phrase.lower())[1:-1]}:
                    # Looked for plainly first: a pattern with a condition is slow over megabytes.
                    match = re.search(rf"(?<![a-z]{{2}}){re.escape(form)}", text) if form in text else None
                    if match:
                        found.append(f"{phrase!r} in {place}: …{text[max(0, match.start() - 30) : match.end() + 30]}…")
        return found

    def having_numbers(self, points: np.ndarray, within: float) -> list[str]:
        """Say where two numbers in a row, or two doubles or floats, are a point."""
        found = []
        points = points[np.argsort(points[:, 0], kind="stable")] if len(points) else points
        for place, body in self.texts.items():
            pairs = np.array([(float(a), float(b)) for a, b in _PAIR.findall(body.decode("latin-1"))]).reshape(-1, 2)
            # Among points in the order of their x only a few can be near enough.
            first, last = (np.searchsorted(points[:, 0], pairs[:, 0] + side) for side in (-within, within + 1e-9))
            for (x, y), low, high in zip(pairs, first, last, strict=True):
                if (np.abs(points[low:high, 1] - y) <= within).any():
                    found.append(f"({x}, {y}) in {place}")
            found += [f"{form!r} in {place}" for form in _binary(points, body) if form in body]
        return found


def is_only_pixels(body: bytes, truth: Truth, first: int, last: int) -> bool:
    """Compare every value: what equals the file's frames to the last byte can carry nothing else."""
    shape = (last - first, truth.header.Rows, truth.header.Columns)
    size = len(body) / math.prod(shape)
    if last > truth.frames or size not in (1, 2, 4):
        return False
    kinds = {1: ("u1",), 2: ("<i2", "<u2"), 4: ("<f4",)}[int(size)]
    return any(
        all(map(partial(_is_frame, truth), range(first, last), np.frombuffer(body, kind).reshape(shape)))
        for kind in kinds
    )


def is_only_packed_pixels(body: bytes, truth: Truth, first: int, last: int) -> bool:
    """Compare every byte: what the file's frames are packed to can carry nothing else."""
    for frame in range(first, last):
        size = int.from_bytes(body[:4], "little")
        packed, body = body[4 : 4 + size], body[4 + size :]
        if not _is_packed_frame(truth, frame, packed):
            return False
    return not body


def _is_packed_frame(truth: Truth, frame: int, packed: bytes) -> bool:
    """As ``_is_frame``."""
    order = [frame, *range(truth.frames)] if frame < truth.frames else []
    kinds = (np.int16, np.uint16)
    return any(pack(truth.values(one).astype(kind)) == packed for one in order for kind in kinds)


def _is_frame(truth: Truth, frame: int, values: np.ndarray) -> bool:
    """Look for it at its place first; a file of many frames may hold them in another order than they are read."""
    order = [frame, *range(truth.frames)]
    return any(np.array_equal(values, truth.values(one).astype(values.dtype)) for one in order)


def spoiler_words(slug: str) -> list[str]:
    """Single words that give the case away."""
    words: list[str] = case_file(slug)["spoilers"]
    return words


def answers(slug: str, asked: int = 1) -> list[str]:
    """Texts that only somebody who has answered may see; the first so many questions have been read."""
    known = "\n".join(_asked(slug, asked)).lower()
    return [text for text in _solution(slug) if text.lower() not in known]


def _solution(slug: str) -> Iterator[str]:
    case = case_file(slug)
    yield from (case["diagnosis"], case["diagnosis_status"], case["title_teacher"])
    yield from (finding["text"][:40] for finding in case["finding"])
    for region in case.get("region", ()):
        yield from (region["label"], region["authority"])
    for question in quiz_file(slug):
        yield question["explanation"][:40]
        yield from (question[key][:40] for key in ("source", "model") if key in question)
        for criterion in question.get("criterion", ()):
            yield from (criterion[key] for key in ("name", "full", "part", "none"))
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
        named = [entry["concept"] for entry in question.get("entry", ())]
        rights = [
            *question.get("answers", ()),
            *(x for choice in question.get("choice", ()) for x in choice["answers"]),
        ]
        yield from (right for right in rights if question["kind"] != "menu" and len(right) > 12)
        for concept in map(vocabulary.__getitem__, [*named, *(rights if question["kind"] == "menu" else ())]):
            yield from (concept.id, concept.name, *concept.synonyms)


def outline_points(slug: str) -> np.ndarray:
    """Points on the outlines of the case's regions: in the patient (x, y) and on the image (column, row)."""
    points = [np.empty((0, 2)), *(_outline(slug, region) for region in case_file(slug).get("region", ()))]
    return np.unique(np.concatenate(points).round(6), axis=0)


def centre_points(slug: str) -> np.ndarray:
    """Middles of the case's regions, in the patient and on the image."""
    case = case_file(slug)
    ellipses = [[region["centre"]] for region in case.get("region", ()) if region["kind"] == "ellipse"]
    findings = [
        _both(np.array([finding["point_mm"]], float), Truth.of(slug, finding["series"]))
        for finding in case["finding"]
        if finding.get("region") and "point_mm" in finding
    ]
    return np.concatenate([np.empty((0, 2)), *ellipses, *findings])


def _outline(slug: str, region: dict[str, Any]) -> np.ndarray:
    if region["kind"] == "ellipse":
        angles = np.linspace(0, 2 * np.pi, 1000)
        return np.array(region["centre"]) + np.array(region["radii"]) * np.c_[np.cos(angles), np.sin(angles)]
    readers = json.loads((LIBRARY / slug / region["file"]).read_text())["readers"]
    mm = np.array([point for reader in readers for contour in reader["contours"] for point in contour["points"]])
    return _both(mm, Truth.of(slug, region["series"]))


def _both(mm: np.ndarray, truth: Truth) -> np.ndarray:
    """Give (x, y) in the patient and (column, row) on the image; the slice does not matter to either."""
    if "ImageOrientationPatient" not in truth.header:
        return mm[:, :2]
    row, column = np.array([float(x) for x in truth.header.ImageOrientationPatient]).reshape(2, 3)
    between_rows, between_columns = (float(x) for x in truth.header.PixelSpacing)
    offsets = mm - [float(x) for x in truth.header.ImagePositionPatient]
    return np.concatenate([mm[:, :2], np.c_[offsets @ row / between_columns, offsets @ column / between_rows]])


def _binary(points: np.ndarray, body: bytes) -> Iterator[bytes]:
    """Give as two doubles or floats the points whose x is in the body: few, where there are thousands."""
    for kind, bits in (("<f8", "<u8"), ("<f4", "<u4")):
        forms = points[points[:, 0] % 1 != 0].astype(kind)
        size = forms.itemsize
        for start in range(min(size, len(body))):
            words = np.frombuffer(body, bits, (len(body) - start) // size, start)
            near = np.isin(np.ascontiguousarray(forms[:, 0]).view(bits), words)
            yield from map(np.ndarray.tobytes, forms[near])


@cache
def _shipped_files() -> frozenset[str]:
    """Hashes of what Streamlit and the viewer's build ship: they know nothing of any case."""
    folders = (Path(streamlit.__file__).parent / "static", LIBRARY.parents[1] / "viewer" / "frontend" / "dist")
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
