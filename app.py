"""The ASGI entry: settings, clock, wiring and routes. ``streamlit run app.py`` finds ``app`` in here."""

import asyncio
import json
import os
import secrets
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cases import CaseError
from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.jobs import Downloads
from commands import image_folder, image_store
from commands.settings import ROOT, Settings
from pages.account import export_route
from pages.accounts import LOOPBACK, Mode
from pages.document import document_routes
from pages.door import Door
from pages.doorkeeper import Doorkeeper
from pages.program import CompressedProgram
from pages.room import Room, furnish
from pages.sign_in import way_in
from pages.upload import upload_route
from quizzes import QuizError, StoreError
from quizzes.people.passwords import Passwords
from quizzes.store import Attempts
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings
from quizzes.vocabulary import Vocabulary, bundled_vocabulary
from viewer.routes import Signer, asset_route, pixel_route
from viewer.shelf import Shelf
from viewer.together import together_route


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


def viewing_route(viewings: Viewings, signer: Signer, door: Door) -> Route:
    """Take ``POST /viewing/{attempt}``: what was on screen, from the viewer of the session that the address is for."""

    async def keep(request: Request) -> Response:
        attempt = request.path_params["attempt"]
        session = await asyncio.to_thread(door.session, request.cookies)
        if not signer.allows(f"viewing/{attempt}", session, request.query_params):
            return PlainTextResponse("This address has expired or belongs to another session. Reload the page.", 403)
        body = b""
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_LOG_BYTES:
                    return PlainTextResponse("viewing log: too long. Send less at once.", 413)
        except ClientDisconnect:
            # The page has gone while it sent: nobody hears the answer.
            return Response(status_code=400)
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
    attempts = Attempts(settings.database_url)
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
        attempts=attempts,
        now=signer.now,
        door=Door(settings.accounts, attempts, signer.key, signer.now),
    )


def check_accounts(settings: Settings) -> None:
    """End with one sentence when people could not be told apart as the settings say."""
    accounts, address = settings.accounts, str(st.get_option("server.address") or "every address")
    if accounts.mode == Mode.LOCAL and address not in LOOPBACK and not accounts.open_to_others:
        sys.exit(
            f"Readout does not listen on {address} without accounts. Set READOUT_ACCOUNTS=passwords (or oidc), or "
            "READOUT_OPEN_TO_OTHERS=yes if everybody there may read as one person."
        )
    if accounts.mode == Mode.OIDC:
        from streamlit.auth_util import is_authlib_installed, validate_auth_credentials
        from streamlit.errors import StreamlitAuthError

        if not is_authlib_installed():
            sys.exit("READOUT_ACCOUNTS=oidc needs Authlib: pip install 'readout[oidc]'.")
        try:
            validate_auth_credentials("default")
        except StreamlitAuthError as error:
            sys.exit(f"READOUT_ACCOUNTS=oidc: {' '.join(str(error).split())}")


settings = Settings.read(os.environ)
check_accounts(settings)
try:
    room = furnish(open_room(settings))
except (CaseError, QuizError, OSError) as error:
    sys.exit(f"Readout cannot start: {error}")
app = st.App(
    ROOT / "pages" / "shell.py",
    middleware=[Middleware(Doorkeeper, door=room.door), Middleware(CompressedProgram)],
    routes=[
        *way_in(room.door, Passwords(room.attempts.engine)),
        *document_routes(),
        pixel_route(room.shelf, room.signer, room.door.session),
        asset_route(),
        vocabulary_route(room.vocabulary),
        upload_route(room.door),
        export_route(),
        viewing_route(Viewings(room.attempts.engine), room.signer, room.door),
        together_route(room.together, room.signer, room.door.session),
    ],
)
