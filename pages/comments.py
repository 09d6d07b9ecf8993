"""Comments of residents, as text beside what they are about: in a student's own reveal, and where they are written."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.room import room
from quizzes.people.reviews import Comment, Reviews

if TYPE_CHECKING:
    from pages.read import Reading


def reviews() -> Reviews:
    """Give the comments and the discuss list."""
    return Reviews(room().attempts.engine)


def comments_on(reading: "Reading") -> tuple[Comment, ...]:
    """Give what was said about an attempt."""
    attempt = reading.attempt.id
    return reviews().comments([attempt])[attempt]


def draw_comments(
    said: Sequence[Comment], *, about: str, mine: str = "", withdraw: Callable[[Comment], None] | None = None
) -> None:
    """Draw the comments on one answer, or with an empty id those on the whole case.

    Parameters
    ----------
    about : str
        Id of the question.
    mine : str
        Id of who looks; their own comments can be withdrawn.
    withdraw : callable or None
        Takes one back.
    """
    for comment in (one for one in said if one.question_id == about):
        st.html(_html(comment))
        if withdraw and comment.author_id == mine:
            st.button(
                "Withdraw",
                key=f"withdraw-{comment.id}",
                type="tertiary",
                icon=":material/undo:",
                on_click=withdraw,
                args=(comment,),
            )


def _html(comment: Comment) -> str:
    finding = f" · {escape(comment.finding)}" if comment.finding else ""
    day = f"{comment.written_at:%d %B %Y}".lstrip("0")
    return (
        f'<blockquote class="ro-comment"><p>{escape(comment.text)}</p>'
        f"<footer>{escape(comment.author)}{finding} · {day}</footer></blockquote>"
    )
