"""What the viewer opens with, known before Streamlit runs: the images that are seen by whoever has answered nothing.

No attempt is begun for it, so it is the same for everybody who may open the case, and holds nothing that a learner
must not see yet. What an attempt adds (marks, outlines, images of later stages) comes with the page.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from cases import CaseError
from cases.case import CaseSeries
from pages.due import kept_for
from pages.room import room
from quizzes import QuizError
from quizzes.quizfile import read_quiz
from quizzes.session_store import Sessions
from quizzes.sessions import standing
from viewer import SeriesError
from viewer.component import series_payload
from viewer.series import Series
from viewer.windows import Window

_PATIENCE_S = 0.25
"""A series that takes longer to open than this comes with the page: the document does not wait for it."""


async def opening(request: Request, name: str) -> dict[str, Any] | None:
    """Say what the viewer opens with (``Opening`` of ``payload.ts``); None where the page has to be asked first.

    Parameters
    ----------
    name : str
        What the addresses are signed for in a browser that has no cookie yet.
    """
    # A case of a session may be paused; that is for the page to say.
    if "session" in request.query_params:
        return None
    work = asyncio.to_thread(_opening, request.query_params.get("case", ""), dict(request.cookies), name)
    try:
        return await asyncio.wait_for(asyncio.shield(work), _PATIENCE_S)
    except TimeoutError:
        return None


def _opening(slug: str, cookies: Mapping[str, str], name: str) -> dict[str, Any] | None:
    try:
        visit = room().door.visit(cookies)
        if visit is None or slug in kept_for(visit.person) or _is_paused(slug, visit.person.id):
            return None
        session = room().door.session(cookies) or name
        series = [series_of(entry, room().shelf.open(entry.files()), session) for entry in _in_view(slug)]
    except (CaseError, QuizError, SeriesError):
        return None  # the page says what is wrong
    return {"case": slug, "series": series} if series else None


def _is_paused(slug: str, learner: str) -> bool:
    session = Sessions(room().attempts.engine).of_latest(learner, slug)
    return session is not None and standing(session, room().now()).state == "paused"


def _in_view(slug: str) -> list[CaseSeries]:
    case = room().catalogue.case(slug)
    shown = read_quiz(case.quiz_file, room().vocabulary).series_in_view(())
    return [one for one in case.series if case.on_machine and (shown is None or one.id in shown)]


def series_of(entry: CaseSeries, series: Series, session: str) -> dict[str, Any]:
    """Describe a case's series for the browser, as the case file has it open."""
    return series_payload(
        series,
        name=entry.id,
        label=entry.label,
        estimated_spacing=entry.estimated_spacing,
        start_frame=min(entry.start_frame, len(series.frames)) - 1,
        windows=[Window(window.center, window.width, window.name) for window in entry.windows],
        url=room().signer.address(series.digest, session),
    )
