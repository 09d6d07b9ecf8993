"""From the open archive's public buckets to files on this machine: lists a series' objects and fetches each.

The archive answers plain HTTPS without a login: ``{base}/?list-type=2&prefix={key}/`` lists the objects under a key
as S3 XML, page by page, and a GET of an object's key gives its bytes. The path of a key never changes, so it pins the
version. One convention: an object's bytes go to a name that ends in ``.part`` until size and MD5 are right.

It is the only module of cases that uses the network. It knows neither cases nor DICOM; `downloads` does.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import requests

from cases import SeriesUnavailableError

T = TypeVar("T")

DEFAULT_URL: Final = "https://{bucket}.s3.amazonaws.com"
"""Address of a bucket of the NCI Imaging Data Commons; ``READOUT_ARCHIVE_URL`` names another."""
_TRIES: Final = 4
_CHUNK: Final = 1 << 16
_MOST_PAGE_BYTES: Final = 8 << 20
# A series of this library has a few hundred objects; an endless listing must end.
_MOST_OBJECTS: Final = 20_000
_BUSY: Final = (408, 429, 500, 502, 503, 504)


class Stopped(Exception):  # noqa: N818
    """Whoever asked for a transfer has called it off; never seen outside of `downloads`."""


class _Broken(Exception):  # noqa: N818
    """A transfer that may succeed when it is tried again; the text says what happened."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as the archive lists it."""

    key: str
    """Its whole key."""
    size: int
    """Bytes."""
    md5: str
    """MD5 of its bytes in hexadecimal; empty where the ETag is something else (a multipart upload)."""

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]


class OpenArchive:
    """A public archive behind one address. Lives as long as the process; safe to use from many threads.

    Parameters
    ----------
    url : str
        Address of a bucket; ``{bucket}`` in it is replaced by the bucket's name.
    pause_s : float
        Seconds before the second try, doubled before each further one.
    silence_s : float
        Longest wait for the next bytes.
    """

    def __init__(self, url: str = "", *, pause_s: float = 0.5, silence_s: float = 30) -> None:
        self.url = (url or DEFAULT_URL).rstrip("/")
        self._pause_s = pause_s
        self._timeout_s = (10, silence_s)
        self._local = threading.local()

    def listing(self, bucket: str, key: str, stop: threading.Event) -> list[StoredObject]:
        """List the objects under a key, over all pages.

        Raises
        ------
        SeriesUnavailableError
            Nothing is listed, or the archive cannot be reached or refuses.
        """
        base = self._base(bucket)
        address = f"{base}/?list-type=2&prefix={quote(key, safe='')}/"
        found: list[StoredObject] = []
        token: str | None = ""
        while token is not None:
            page = address + (f"&continuation-token={quote(token, safe='')}" if token else "")
            objects, token = self._again(stop, lambda page=page: _parse_page(self._page(page)), key)  # type: ignore[misc]
            found += objects
            if len(found) > _MOST_OBJECTS:
                raise SeriesUnavailableError(f"{key}: the archive lists no end of objects. Check the address {base}.")
        if not found:
            raise SeriesUnavailableError(f"{key}: the archive at {base} does not hold this series. Check the address.")
        return found

    def fetch(
        self, bucket: str, wanted: StoredObject, target: Path, on_bytes: Callable[[int], None], stop: threading.Event
    ) -> None:
        """Fetch one object to a file, going on where an earlier try ended.

        Parameters
        ----------
        target : Path
            File to write; until it is right its name ends in ``.part``.
        on_bytes : callable
            Told of bytes as they arrive; negative for bytes that have to come again.
        stop : threading.Event
            Ends the transfer with `Stopped`; what has arrived stays.

        Raises
        ------
        SeriesUnavailableError
            The object cannot be had, is not what was listed, or cannot be written.
        """
        address = f"{self._base(bucket)}/{quote(wanted.key)}"
        part = target.with_name(target.name + ".part")
        on_bytes(_held(part))
        self._again(stop, lambda: self._transfer(address, wanted, part, on_bytes, stop), wanted.key)
        try:
            part.replace(target)
        except OSError as error:
            raise _unwritable(part, error) from error

    def _base(self, bucket: str) -> str:
        return self.url.replace("{bucket}", bucket)

    @property
    def _session(self) -> requests.Session:
        """One session a thread: it keeps connections open, and takes proxies from the environment."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _again(self, stop: threading.Event, act: Callable[[], T], key: str) -> T:
        """Try until it works, with longer and longer pauses."""
        for number in range(_TRIES):
            if stop.is_set():
                raise Stopped
            try:
                return act()
            except _Broken as error:
                trouble = str(error)
            if number + 1 < _TRIES and stop.wait(self._pause_s * 2**number):
                raise Stopped
        raise SeriesUnavailableError(f"{key}: {trouble}, {_TRIES} times. Try again later; what has arrived is kept.")

    def _page(self, address: str) -> bytes:
        body = bytearray()
        with self._get(address) as response:
            try:
                for chunk in response.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > _MOST_PAGE_BYTES:
                        raise SeriesUnavailableError(f"a listing of more than 8 MB, expected a few kB. {_LOOK}")
            except requests.RequestException as error:
                raise _Broken("the connection broke off") from error
        return bytes(body)

    def _transfer(
        self,
        address: str,
        wanted: StoredObject,
        part: Path,
        on_bytes: Callable[[int], None],
        stop: threading.Event,
    ) -> None:
        held = _held(part)
        if held > wanted.size:
            held = _drop(part, on_bytes)
        if held < wanted.size or wanted.size == 0:
            with self._get(address, first=held) as response:
                if held and not _continues(response, held):
                    held = _drop(part, on_bytes)
                    if response.status_code != 200:
                        raise _Broken("the archive does not go on where the transfer ended")
                self._write(response, part, on_bytes, stop, most=wanted.size - held)
        _verify(part, wanted, on_bytes)

    def _write(
        self, response: requests.Response, part: Path, on_bytes: Callable[[int], None], stop: threading.Event, most: int
    ) -> None:
        try:
            with part.open("ab") as sink:
                for chunk in response.iter_content(_CHUNK):
                    if stop.is_set():
                        raise Stopped
                    most -= len(chunk)
                    if most < 0:
                        raise SeriesUnavailableError(f"{part.stem}: longer than the archive lists it. {_LOOK}")
                    sink.write(chunk)
                    on_bytes(len(chunk))
        # requests counts its own errors among OSError: those of the connection come first.
        except requests.RequestException as error:
            raise _Broken("the connection broke off") from error
        except OSError as error:
            raise _unwritable(part, error) from error

    @contextmanager
    def _get(self, address: str, first: int = 0) -> Iterator[requests.Response]:
        # identity: an object's bytes are counted and hashed as they are stored.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={first}-"} if first else {})
        host = urlsplit(address).hostname
        try:
            response = self._session.get(address, headers=headers, stream=True, timeout=self._timeout_s)
        except requests.exceptions.ProxyError as error:
            message = f"the proxy does not let us through to {host}. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
            raise SeriesUnavailableError(message) from error
        except requests.exceptions.SSLError as error:
            message = f"{host} does not prove who it is (TLS). Check the clock, or REQUESTS_CA_BUNDLE behind a proxy."
            raise SeriesUnavailableError(message) from error
        except requests.exceptions.ReadTimeout as error:
            raise _Broken(f"{host} does not answer") from error
        except requests.exceptions.ConnectionError as error:
            raise _Broken(f"no connection to {host}: is this machine on the network, and is a proxy needed?") from error
        except (requests.RequestException, ValueError) as error:
            raise SeriesUnavailableError(
                f"{host}: not an address that can be asked. Check READOUT_ARCHIVE_URL."
            ) from error
        with response:
            _check_status(response, str(host))
            yield response


_LOOK: Final = "Something other than the archive may have answered; check READOUT_ARCHIVE_URL and the proxy."


def _check_status(response: requests.Response, host: str) -> None:
    status = response.status_code
    if status in _BUSY:
        raise _Broken(f"{host} answers {status}")
    if status == 403:
        raise SeriesUnavailableError(f"{host} refuses (403): it does not hold this openly. {_LOOK}")
    if status == 404:
        raise SeriesUnavailableError(f"{host} does not have it (404). {_LOOK}")
    if status not in (200, 206, 416):
        raise SeriesUnavailableError(f"{host} answers {status}, expected 200. {_LOOK}")


def _continues(response: requests.Response, first: int) -> bool:
    """Tell whether an answer begins at the byte asked for (RFC 9110, 14.4)."""
    place = response.headers.get("Content-Range", "")
    return response.status_code == 206 and place.startswith(f"bytes {first}-")


def _parse_page(body: bytes) -> tuple[list[StoredObject], str | None]:
    """Read one page of a listing: its objects, and the token of the next page."""
    try:
        if b"<!DOCTYPE" in body[:1000].upper():
            raise ValueError("a document type")  # S3 sends none; entities could blow up in memory
        root = ElementTree.fromstring(body)  # noqa: S314 (bounded above, and without entities)
        if root.tag.rsplit("}")[-1] != "ListBucketResult":
            raise ValueError(root.tag)
        objects = [_object(item) for item in root.iterfind("{*}Contents")]
    except (ElementTree.ParseError, ValueError) as error:
        raise SeriesUnavailableError(f"the archive's listing is not one of S3. {_LOOK}") from error
    token = root.findtext("{*}NextContinuationToken")
    return objects, token if root.findtext("{*}IsTruncated") == "true" and token else None


def _object(item: ElementTree.Element) -> StoredObject:
    etag = item.findtext("{*}ETag", "").strip('"')
    md5 = etag if re.fullmatch(r"[0-9a-f]{32}", etag) else ""
    return StoredObject(item.findtext("{*}Key", ""), int(item.findtext("{*}Size", "")), md5)


def _verify(part: Path, wanted: StoredObject, on_bytes: Callable[[int], None]) -> None:
    held = _held(part)
    if held < wanted.size:
        raise _Broken("the transfer was cut off")
    with part.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if wanted.md5 and digest != wanted.md5:
        _drop(part, on_bytes)
        raise _Broken("the bytes that came are not those that the archive lists (MD5)")


def _held(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _drop(part: Path, on_bytes: Callable[[int], None]) -> int:
    on_bytes(-_held(part))
    part.unlink(missing_ok=True)
    return 0


def _unwritable(path: Path, error: OSError) -> SeriesUnavailableError:
    return SeriesUnavailableError(
        f"{path}: cannot be written ({error.strerror}). Make room on the disk, or check rights."
    )
