"""A public bucket on loopback: real HTTP, S3's listing in pages, ranges, and the ways in which a transfer can fail."""

import hashlib
import io
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from pydicom import dcmread

PAGE = 100
T1, T2, PET = (
    "31dcf372-4311-42c4-baaf-1ce8ddcdcbfe",
    "2e95faec-ab90-415a-8f96-67b5ae82a269",
    ("3ca5aa7a-136a-484b-9265-2a0f0f8821c5"),
)
T1_RT, T2_RT, PET_RT = (
    "407aefc5-7e83-4ae5-97e1-c27fe4bd0b95",
    "595ea380-aa13-4c23-9555-0433954cc592",
    "53757883-ba41-4661-a12e-a182c8b1ffb8",
)


class Bucket:
    """The objects, what goes wrong with them, and what has been asked."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects = dict(objects)
        self.troubles: dict[str, list[str]] = defaultdict(list)
        """Key, or "" for the listing → what happens to its next answers: a status, or cut, flip, hang, long."""
        self.asked: list[tuple[str, str]] = []
        """(path with query, Range header) of every request."""
        self.released = threading.Event()
        """Ends the wait of answers that hang."""
        self.url = ""

    def trouble(self, key: str) -> str:
        waiting = self.troubles[key]
        return waiting.pop(0) if waiting else ""

    def page(self, prefix: str, token: str) -> bytes:
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        first = int(token or 0)
        rows = "".join(map(self._row, keys[first : first + PAGE]))
        more = first + PAGE < len(keys)
        following = f"<NextContinuationToken>{first + PAGE}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{following}{rows}</ListBucketResult>"
        ).encode()

    def _row(self, key: str) -> str:
        data = self.objects[key]
        etag = hashlib.md5(data).hexdigest()
        return f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag><Size>{len(data)}</Size></Contents>"


class Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.bucket.asked.append((self.path, self.headers.get("Range", "")))
        query = parse_qs(parts.query)
        key = unquote(parts.path).lstrip("/")
        trouble = self.bucket.trouble(key)
        if trouble.isdigit():
            self._send(int(trouble), b"<Error/>")
        elif not key:
            body = self.bucket.page(query["prefix"][0], query.get("continuation-token", [""])[0])
            self._send(200, b"<html>Welcome to the hotel</html>" if trouble == "portal" else body)
        elif key not in self.bucket.objects:
            self._send(404, b"<Error/>")
        else:
            self._object(self.bucket.objects[key], trouble)

    def _object(self, data: bytes, trouble: str) -> None:
        asked = self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if trouble == "flip":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if trouble == "long":
            data += b"more"
        if trouble == "whole":
            first, asked = 0, ""
        if first >= len(data) > 0:
            self._send(416, b"")
            return
        headers = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if asked else {}
        body = data[first:]
        if trouble in ("cut", "hang"):
            self._start(206 if asked else 200, len(body), headers)
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if trouble == "hang":
                self.bucket.released.wait(60)
            self.close_connection = True
            return
        self._send(206 if asked else 200, body, headers)

    def _start(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._start(status, len(body), headers or {})
        self.wfile.write(body)

    def handle(self) -> None:
        with suppress(OSError):  # whoever asked has gone
            super().handle()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def served(bucket: Bucket) -> Iterator[Bucket]:
    """Serve a bucket on a free port."""
    handler = type("BucketHandler", (Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        bucket.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def sarcoma(testdata: Path) -> dict[str, bytes]:
    """Give the PET and MR of STS_001 with their outlines, under their keys in the archive.

    The MR lie compressed in the test data; here they are as the archive has them, uncompressed.
    """
    root = testdata / "pet-mr-sarcoma"
    objects = {}
    for key, folder in ((T1, "MR_T1/image"), (T2, "MR_T2/image"), (PET, "FDG_PET/image")):
        for file in sorted((root / folder).glob("*.dcm")):
            objects[f"{key}/{file.stem}.dcm"] = file.read_bytes() if key == PET else _uncompressed(file)
    for key, folder in ((T1_RT, "MR_T1/mask"), (T2_RT, "MR_T2/mask"), (PET_RT, "FDG_PET/mask")):
        [file] = (root / folder).glob("*.dcm")
        objects[f"{key}/{file.stem}.dcm"] = file.read_bytes()
    return objects


def _uncompressed(file: Path) -> bytes:
    image = dcmread(file)
    uid = image.SOPInstanceUID
    image.decompress(generate_instance_uid=False)
    assert image.SOPInstanceUID == uid
    stream = io.BytesIO()
    image.save_as(stream)
    return stream.getvalue()
