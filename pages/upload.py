"""Files from the browser straight to a temporary folder, without passing through memory.

Streamlit's own uploader keeps every file in memory; a study is larger than that. The dropping place in the page sends
each file to an address that only this page knows; the server writes it block by block. Names of files stay in
the browser: only an ending, one of a few, comes along.
"""

import asyncio
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit.components.v2 import component

from pages.door import Door
from quizzes.people.permissions import Act

MOST_BYTES: Final = 6 << 30
MOST_FILES: Final = 10_000
_ENDINGS: Final = ("", ".zip", ".dcm", ".nii", ".nii.gz", ".png", ".jpg")
_open: dict[str, "Upload"] = {}

_HTML = """
<div class="ro-drop" tabindex="0" role="button" aria-label="Choose files or drop them here">
  <b>Drop a ZIP, files or a folder here</b>
  <span class="ro-drop-said">or choose <button type="button" data-kind="files">files</button>
  <button type="button" data-kind="folder">a folder</button></span>
  <progress max="1" value="0" hidden></progress>
  <input type="file" multiple hidden data-kind="files" aria-label="Files to import">
  <input type="file" webkitdirectory hidden data-kind="folder" aria-label="Folder to import">
</div>
"""
_JS = """
const ENDINGS = ['.nii.gz', '.nii', '.zip', '.dcm', '.png', '.jpg', '.jpeg'];
async function walk(entry) {
  if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const one of some) found.push(...await walk(one));
  }
}
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.ro-drop');
  const said = root.querySelector('.ro-drop-said');
  const bar = root.querySelector('progress');
  let busy = null;
  function put(file, number, before, total) {
    return new Promise((done, fail) => {
      const lower = file.name.toLowerCase();
      const ending = (ENDINGS.find((one) => lower.endsWith(one)) ?? '').replace('.jpeg', '.jpg');
      const request = (busy = new XMLHttpRequest());
      request.open('PUT', new URL(`upload/${data.token}/${number}${ending}`, document.baseURI));
      request.upload.onprogress = (event) => { bar.value = total ? (before + event.loaded) / total : 0; };
      request.onload = () => (request.status === 204 ? done() : fail(new Error(request.responseText)));
      request.onerror = () => fail(new Error('The connection was lost. Drop the files again.'));
      request.send(file);
    });
  }
  async function send(files) {
    if (!files.length || busy) return;
    const path = (file) => file.webkitRelativePath || file.name;
    const ordered = [...files].sort((a, b) => path(a).localeCompare(path(b)));
    const total = ordered.reduce((sum, file) => sum + file.size, 0);
    bar.hidden = false;
    let before = 0;
    try {
      for (const [number, file] of ordered.entries()) {
        said.textContent = `File ${number + 1} of ${ordered.length}, ${(total / 1e6).toFixed(0)} MB in all`;
        await put(file, number + 1, before, total);
        before += file.size;
      }
      setTriggerValue('uploaded', ordered.length);
    } catch (error) {
      said.textContent = error.message;
    } finally { busy = null; bar.hidden = true; }
  }
  const over = (event) => { event.preventDefault(); root.dataset.over = event.type === 'dragover'; };
  root.ondragover = root.ondragleave = over;
  root.ondrop = async (event) => {
    over(event);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const files = [];
    for (const entry of entries) files.push(...await walk(entry));
    send(files);
  };
  for (const button of root.querySelectorAll('button')) {
    button.onclick = () => root.querySelector(`input[data-kind=${button.dataset.kind}]`).click();
  }
  for (const input of root.querySelectorAll('input')) input.onchange = () => send(input.files);
  return () => busy?.abort();
}
"""
_CSS = """
.ro-drop {
  display: grid; gap: .4rem; justify-items: center; padding: 1.6rem; border: 1px dashed #4a5a68; border-radius: 8px;
}
.ro-drop[data-over=true] { border-color: #f2b84b; background: #151b21; }
.ro-drop button {
  background: none; border: 0; padding: .2rem; color: #f2b84b; font: inherit; text-decoration: underline;
  cursor: pointer;
}
.ro-drop span { color: #a5b0ba; }
.ro-drop progress { width: 100%; accent-color: #f2b84b; }
"""


class Upload:
    """What one page has been sent; the folder goes when this object goes."""

    def __init__(self) -> None:
        # Not at the top: the server has this module from its start, and seldom imports anything.
        from cases.importing import TEMPORARY

        self.token = secrets.token_urlsafe(24)
        self._folder = tempfile.TemporaryDirectory(prefix=f"{TEMPORARY}upload-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.bytes = 0
        _open[self.token] = self

    @property
    def offered(self) -> Path | None:
        """What to open: the only file, else the folder; None when nothing came."""
        files = list(self.folder.iterdir())
        return None if not files else files[0] if len(files) == 1 else self.folder

    def close(self) -> None:
        """Delete the files, and take no more."""
        _open.pop(self.token, None)
        self._folder.cleanup()


def drop_zone(upload: Upload, *, key: str) -> bool:
    """Draw the place to drop files on; tell whether an upload has just ended."""
    zone: Any = component("readout_drop", html=_HTML, js=_JS, css=_CSS, isolate_styles=False)
    return bool(zone(data={"token": upload.token}, key=key, on_uploaded_change=lambda: None).uploaded)


def upload_route(door: Door) -> Route:
    """Take files at ``upload/<token>/<number><ending>`` from whoever may write cases."""

    async def take(request: Request) -> Response:
        if not await asyncio.to_thread(door.may, request.cookies, Act.WRITE_CASES):
            return PlainTextResponse("You may not import images here, or are signed out. Load the page again.", 403)
        return await _take(request)

    return Route("/upload/{token}/{name}", take, methods=["PUT"])


async def _take(request: Request) -> Response:
    upload = _open.get(request.path_params["token"])
    number, dot, rest = request.path_params["name"].partition(".")
    if upload is None or not number.isdecimal() or int(number) > MOST_FILES or f"{dot}{rest}" not in _ENDINGS:
        return PlainTextResponse("This page no longer takes files, or there are too many. Load it again.", 403)
    path = upload.folder / f"{int(number):05d}{dot}{rest}"
    try:
        with path.open("wb") as sink:
            async for block in request.stream():
                upload.bytes += len(block)
                if upload.bytes > MOST_BYTES:
                    raise _TooMuchError(f"More than {MOST_BYTES >> 30} GB. Import one study at a time.")
                if shutil.disk_usage(upload.folder).free < len(block) + (64 << 20):
                    raise _TooMuchError("The disk of the server is full. Make room, then drop the files again.")
                sink.write(block)
    except _TooMuchError as error:
        path.unlink(missing_ok=True)
        return PlainTextResponse(str(error), 413)
    except ClientDisconnect:
        path.unlink(missing_ok=True)
    return Response(status_code=204)


class _TooMuchError(Exception):
    """Words for the person who uploads."""
