"""The ASGI entry: settings, clock, wiring and routes. ``streamlit run app.py`` finds ``app`` in here."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cases import CaseError
from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.jobs import Downloads
from commands import image_folder, image_store
from pages.document import document_routes
from pages.room import Room, furnish
from pages.upload import upload_route
from quizzes import QuizError, StoreError
from quizzes.store import Attempts
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings
from quizzes.vocabulary import Vocabulary, bundled_vocabulary
from viewer.routes import SESSION_COOKIE, Signer, asset_route, pixel_route
from viewer.shelf import Shelf
from viewer.together import together_route

ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides."""

    library: Path
    """Folder of the cases."""
    data: Path
    """Folder of what Readout keeps: attempts and its signing key."""
    database_url: str
    """SQLAlchemy address of the attempts."""
    cache_bytes: int
    """Most bytes of decoded frames in memory."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Take READOUT_LIBRARY, READOUT_DATA, READOUT_DATABASE_URL and READOUT_CACHE_MB, or their defaults."""
        data = Path(environment.get("READOUT_DATA") or platformdirs.user_data_path("readout"))
        database = environment.get("READOUT_DATABASE_URL") or f"sqlite:///{data / 'readout.sqlite3'}"
        megabytes = environment.get("READOUT_CACHE_MB") or "512"
        if not megabytes.isascii() or not megabytes.isdigit():
            sys.exit(f"READOUT_CACHE_MB: found {megabytes!r}, expected a whole number of megabytes.")
        cache = int(megabytes) << 20
        return cls(Path(environment.get("READOUT_LIBRARY") or ROOT / "cases" / "library"), data, database, cache)


def signing_key(folder: Path) -> bytes:
    """Give this installation's secret, made at the first start, readable by its user alone."""
    file = folder / "signing.key"
    folder.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        # Written aside and linked, so that of two first starts one wins and nobody reads half a key.
        draft = folder / f".signing.key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_bytes()


def vocabulary_route(vocabulary: Vocabulary) -> Route:
    """Serve ``/vocabulary?q=…``: the few concepts that a typed text may mean, never the whole list."""

    async def search(request: Request) -> Response:
        found = vocabulary.search(request.query_params.get("q", "")[:100])
        return JSONResponse([{"id": match.id, "name": match.name} for match in found])

    return Route("/vocabulary", search)


def viewing_route(viewings: Viewings, signer: Signer) -> Route:
    """Take ``POST /viewing/{attempt}``: what was on screen, from the viewer of the session that the address is for."""

    async def keep(request: Request) -> Response:
        attempt = request.path_params["attempt"]
        session = request.cookies.get(SESSION_COOKIE, "")
        if not signer.allows(f"viewing/{attempt}", session, request.query_params):
            return PlainTextResponse("This address has expired or belongs to another session. Reload the page.", 403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_LOG_BYTES:
                return PlainTextResponse("viewing log: too long. Send less at once.", 413)
        try:
            message = read_message(json.loads(body))
            await asyncio.to_thread(viewings.add, attempt, message, now=signer.now())
        except StoreError as error:
            return PlainTextResponse(str(error), 503)
        except (QuizError, ValueError, RecursionError) as error:
            return PlainTextResponse(f"viewing log: {error}", 400)
        return Response(status_code=204)

    return Route("/viewing/{attempt:str}", keep, methods=["POST"])


_MOST_LOG_BYTES = 200_000


def open_room(settings: Settings) -> Room:
    """Put the catalogue, the images, the vocabulary and the attempts together."""
    drafts = Drafts(settings.data)
    signer = Signer(signing_key(settings.data), now=lambda: datetime.now(UTC))
    return Room(
        catalogue=Catalogue(
            settings.library,
            ROOT / "cases" / "open_archive",
            drafts.published,
            drafts=drafts.drafts,
            images=image_folder(settings.data),
        ),
        downloads=Downloads(image_store(settings.data)),
        drafts=drafts,
        shelf=Shelf(settings.cache_bytes),
        signer=signer,
        vocabulary=bundled_vocabulary(),
        attempts=Attempts(settings.database_url),
        now=signer.now,
    )


try:
    room = furnish(open_room(Settings.read(os.environ)))
except (CaseError, QuizError, OSError) as error:
    sys.exit(f"Readout cannot start: {error}")
app = st.App(
    ROOT / "pages" / "shell.py",
    routes=[
        *document_routes(),
        pixel_route(room.shelf, room.signer),
        asset_route(),
        vocabulary_route(room.vocabulary),
        upload_route(),
        viewing_route(Viewings(room.attempts.engine), room.signer),
        together_route(room.together, room.signer),
    ],
)
