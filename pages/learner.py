"""What one learner has done so far, as the pages need it; what is sealed is left out."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from pages.repertoire import repertoire
from pages.room import me, room
from pages.sitting import sessions
from quizzes import practice, progress
from quizzes.practice import Concept
from quizzes.records import Answered, Judged, Records

if TYPE_CHECKING:
    from fsrs import Card


@dataclass(frozen=True)
class Learner:
    """One learner at one moment."""

    answers: list[Answered]
    """Oldest first, without those of tests that go on."""
    last_read: dict[str, datetime]
    """When each case was answered last, sealed ones too: they are read, whatever came out."""
    judged: list[Judged]
    """Reports that somebody has scored by their rubric, likewise."""
    now: datetime
    """UTC."""
    zone: tzinfo
    """Of the browser: a day begins when the learner's does."""

    @cached_property
    def cards(self) -> "dict[Concept, Card]":
        """FSRS cards by concept."""
        return practice.schedule(progress.reviews(self.answers, repertoire().concepts))

    @property
    def due(self) -> list[Concept]:
        """Concepts that are due."""
        return practice.due(self.cards, self.now)

    @property
    def next_due(self) -> datetime | None:
        """When the next concept is due."""
        return min((card.due for card in self.cards.values()), default=None)

    def day(self, time: datetime) -> date:
        """Give the day of a time where the learner is."""
        return time.astimezone(self.zone).date()


def learner() -> Learner:
    """Give whoever this page is drawn for."""
    now = room().now()
    records = Records(room().attempts.engine)
    everything = records.answered(me().id, current=repertoire().question_ids)
    sealed = sessions().sealed_attempts(me().id, now=now)
    answers = [one for one in everything if one.attempt_id not in sealed]
    judged = records.judged(me().id, without=sealed)
    return Learner(answers, progress.last_read(everything), judged, now, zone())


def day_here() -> date:
    """Give today's date where the browser is."""
    return room().now().astimezone(zone()).date()


def zone() -> tzinfo:
    """Give the timezone of the browser, UTC when it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
