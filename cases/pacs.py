"""A hospital's own archive over DICOMweb: studies are searched, previewed, pulled to files, and files pushed back.

One convention: credentials come from settings and are held by the connection alone. No message, page or log holds
them, nor the address's user part. What is pulled is a patient's: it goes to a folder of the caller's, which is
temporary, and into a case only through the gate.

It keeps nothing, and knows neither pages nor cases.
"""

import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
from pydicom import Dataset, dcmread

from cases import SeriesUnavailableError

_KEYS: Final = ("url", "user", "password", "token", "ca_file")
_MOST_STUDIES: Final = 50
_TIMEOUT_S: Final = (10, 60)
_PREVIEW_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class PacsSettings:
    """Where a PACS is and how to prove who asks."""

    url: str
    """Root of its DICOMweb services, such as ``https://pacs.example/dicom-web``; empty for none."""
    user: str = ""
    """User name for basic authentication."""
    password: str = field(default="", repr=False)
    """Password for basic authentication."""
    token: str = field(default="", repr=False)
    """Bearer token; takes the place of user and password."""
    ca_file: str = ""
    """File with the certificates to trust, where the hospital has its own; the system's without."""

    @classmethod
    def read(cls, environment: Mapping[str, str], file: Path) -> "PacsSettings":
        """Take READOUT_PACS_URL, _USER, _PASSWORD, _TOKEN and _CA_FILE, or what a TOML file says instead.

        Raises
        ------
        SeriesUnavailableError
            The file is there and not as expected.
        """
        written: dict[str, Any] = {}
        if file.is_file():
            try:
                written = tomllib.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):  # the parser's words would quote what stands in the file
                raise SeriesUnavailableError(f"{file.name}: not readable as TOML. Correct its syntax.") from None
        if unknown := sorted(set(written) - set(_KEYS)):
            message = f"{file.name}: found {', '.join(unknown)}, expected {', '.join(_KEYS)}. Correct the keys."
            raise SeriesUnavailableError(message)
        values = {key: environment.get(f"READOUT_PACS_{key.upper()}") or str(written.get(key, "")) for key in _KEYS}
        return cls(**values)

    @property
    def host(self) -> str:
        """Name the PACS for people: host and port, nothing else of the address."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or "the PACS")


@dataclass(frozen=True, slots=True)
class Study:
    """A study as the PACS lists it."""

    uid: str
    """Study Instance UID (0020,000D)."""
    patient: str
    """Patient's Name (0010,0010)."""
    patient_id: str
    """Patient ID (0010,0020)."""
    date: str
    """Study Date (0008,0020), YYYYMMDD."""
    description: str
    """Study Description (0008,1030)."""
    modalities: tuple[str, ...]
    """Modalities in Study (0008,0061)."""
    instances: int
    """Number of Study Related Instances (0020,1208); 0 where it is not told."""


@dataclass(frozen=True, slots=True)
class StudySeries:
    """A series of a study as the PACS lists it."""

    uid: str
    """Series Instance UID (0020,000E)."""
    modality: str
    """Modality (0008,0060)."""
    description: str
    """Series Description (0008,103E)."""
    instances: int
    """Number of Series Related Instances (0020,1209); 0 where it is not told."""


class Pacs:
    """A connection to a PACS: ``with Pacs(settings) as pacs``. Lives as long as one task, in one thread."""

    def __init__(self, settings: PacsSettings) -> None:
        from dicomweb_client import DICOMwebClient

        if not settings.url:
            raise SeriesUnavailableError("no PACS is named. Set READOUT_PACS_URL, or write url in pacs.toml.")
        self._session = session = requests.Session()
        # The client leaves streamed answers open; each is closed when its task is done.
        self._answers: list[requests.Response] = []
        session.hooks["response"].append(lambda answer, **_: self._answers.append(answer))
        if settings.token:
            session.headers["Authorization"] = f"Bearer {settings.token}"
            session.trust_env = False  # or a .netrc would take the token's place
            session.proxies.update(getproxies())
        elif settings.user:
            session.auth = (settings.user, settings.password)
        if settings.ca_file:
            session.verify = settings.ca_file
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Plain())
        self._host = settings.host
        with self._said():
            self._client = DICOMwebClient(settings.url, session=session, timeout=_TIMEOUT_S)
            self._client.set_http_retry_params(retry=True, max_attempts=3, wait_exponential_multiplier=200)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def search(self, *, patient: str = "", patient_id: str = "", dates: str = "", modality: str = "") -> list[Study]:
        """Find studies (QIDO-RS, PS3.18 10.6), the newest first, 50 at most.

        Parameters
        ----------
        patient : str
            Beginning of the patient's name; ``*`` stands for any letters.
        patient_id : str
            Patient ID, whole.
        dates : str
            Study date or range: ``20260101``, ``20260101-20260131``, ``20260101-``.
        modality : str
            One of the study's modalities.

        Raises
        ------
        SeriesUnavailableError
            The PACS cannot be reached, refuses, or does not answer as DICOMweb.
        """
        name = patient if not patient or "*" in patient else f"{patient}*"
        wanted = {"PatientName": name, "PatientID": patient_id, "StudyDate": dates, "ModalitiesInStudy": modality}
        filters = {key: value for key, value in wanted.items() if value}
        fields = ["StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"]
        with self._said():
            rows = self._client.search_for_studies(limit=_MOST_STUDIES, search_filters=filters, fields=fields)
            studies = [_study(Dataset.from_json(row)) for row in rows]
        return sorted(studies, key=lambda study: study.date, reverse=True)[:_MOST_STUDIES]

    def series(self, study_uid: str) -> list[StudySeries]:
        """List the series of a study."""
        fields = ["SeriesDescription", "NumberOfSeriesRelatedInstances"]
        with self._said():
            rows = self._client.search_for_series(study_uid, fields=fields)
            return [_series(Dataset.from_json(row)) for row in rows]

    def preview(self, study_uid: str, series_uid: str) -> bytes:
        """Give the middle image of a series as JPEG or PNG (WADO-RS, rendered); empty where there is none."""
        with self._said():
            rows = self._client.search_for_instances(study_uid, series_uid, fields=["InstanceNumber"])
            found = [Dataset.from_json(row) for row in rows]
        found.sort(key=lambda one: int(one.get("InstanceNumber") or 0))
        if not found:
            return b""
        uid = str(found[len(found) // 2].SOPInstanceUID)
        try:
            picture: bytes = self._client.retrieve_instance_rendered(
                study_uid, series_uid, uid, media_types=("image/jpeg", "image/png")
            )
        except (requests.RequestException, ValueError):
            return b""  # not every object has a picture, and not every PACS draws one
        return picture if len(picture) <= _PREVIEW_BYTES else b""

    def pull(self, study_uid: str, folder: Path, on_files: Callable[[int], None], stop: threading.Event) -> list[Path]:
        """Write every instance of a study to files, as the PACS holds it (WADO-RS, any transfer syntax).

        Parameters
        ----------
        folder : Path
            An empty folder of the caller's, who removes it; left empty when it fails or is stopped.
        on_files : callable
            Told of the number of files so far.
        stop : threading.Event
            Ends it between two files.

        Returns
        -------
        list of Path
            By series and instance UID: the same study gives the same order.

        Raises
        ------
        SeriesUnavailableError
            The study cannot be had whole.
        """
        files: dict[Path, tuple[str, str]] = {}
        try:
            with self._said():
                expected = self._expected(study_uid)
                instances = self._client.iter_study(study_uid, media_types=(("application/dicom", "*"),))
                for number, instance in enumerate(instances, start=1):
                    if stop.is_set():
                        raise SeriesUnavailableError("stopped. Nothing was kept.")
                    file = folder / f"{number:06d}.dcm"
                    files[file] = (str(instance.SeriesInstanceUID), str(instance.SOPInstanceUID))
                    instance.save_as(file, enforce_file_format=True)
                    on_files(number)
            if not files or len(files) < expected:
                message = f"{self._host}: found {len(files)} instances, expected {expected or 'some'}. Try again."
                raise SeriesUnavailableError(message)
        except BaseException:
            for file in files:
                file.unlink(missing_ok=True)
            raise
        return sorted(files, key=lambda file: files[file])

    def push(self, files: Sequence[Path], on_files: Callable[[int], None]) -> None:
        """Store files in the PACS (STOW-RS, PS3.18 10.5), one after another.

        Raises
        ------
        SeriesUnavailableError
            The PACS does not take one of them; those before it are there.
        """
        for number, file in enumerate(files, start=1):
            with self._said():
                answer = self._client.store_instances([dcmread(file)])
            if answer.get("FailedSOPSequence"):
                message = f"{self._host}: does not take image {number} of {len(files)}. Ask its administrator why."
                raise SeriesUnavailableError(message)
            on_files(number)

    def _expected(self, study_uid: str) -> int:
        return sum(one.instances for one in self.series(study_uid))

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn what the client raises into one sentence without address and credentials."""
        try:
            yield
        except requests.HTTPError as error:
            raise SeriesUnavailableError(_status(self._host, error)) from None
        except requests.exceptions.SSLError:
            message = f"{self._host}: does not prove who it is (TLS). Name its certificate in READOUT_PACS_CA_FILE."
            raise SeriesUnavailableError(message) from None
        except requests.RequestException:
            message = f"{self._host}: does not answer. Check READOUT_PACS_URL, the network and the proxy."
            raise SeriesUnavailableError(message) from None
        except OSError as error:
            message = f"the images cannot be written ({error.strerror}). Check space and rights of the disk."
            raise SeriesUnavailableError(message) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            message = f"{self._host}: does not answer as DICOMweb. Check that READOUT_PACS_URL is the services' root."
            raise SeriesUnavailableError(message) from None
        finally:
            while self._answers:
                self._answers.pop().close()


class _Plain(requests.adapters.HTTPAdapter):
    """Sends wildcards as they are: a ``*`` needs no escape in a query (RFC 3986, 3.4), and Orthanc undoes none."""

    def request_url(self, request: requests.PreparedRequest, proxies: dict[str, str] | None) -> str:
        path, mark, query = super().request_url(request, proxies).partition("?")
        return path + mark + query.replace("%2A", "*")


def _status(host: str, error: requests.HTTPError) -> str:
    status = error.response.status_code if error.response is not None else 0
    if status in (401, 403):
        return f"{host}: refuses ({status}). Check user and password, or the token, in the settings."
    if status == 404:
        return f"{host}: does not have it (404). Check that READOUT_PACS_URL is the root of DICOMweb."
    return f"{host}: answers {status}. Try again later, or ask its administrator."


def _study(row: Dataset) -> Study:
    modalities = row.get("ModalitiesInStudy") or ()
    return Study(
        uid=str(row.StudyInstanceUID),
        patient=str(row.get("PatientName") or ""),
        patient_id=str(row.get("PatientID") or ""),
        date=str(row.get("StudyDate") or ""),
        description=str(row.get("StudyDescription") or ""),
        modalities=(modalities,) if isinstance(modalities, str) else tuple(map(str, modalities)),
        instances=int(row.get("NumberOfStudyRelatedInstances") or 0),
    )


def _series(row: Dataset) -> StudySeries:
    return StudySeries(
        uid=str(row.SeriesInstanceUID),
        modality=str(row.get("Modality") or ""),
        description=str(row.get("SeriesDescription") or ""),
        instances=int(row.get("NumberOfSeriesRelatedInstances") or 0),
    )
