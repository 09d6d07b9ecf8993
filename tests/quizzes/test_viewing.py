"""The log of what was on screen: what is taken, how it is kept and replayed, and the kind of miss that follows."""

from datetime import timedelta

import pytest

from quizzes import QuizError, StoreError
from quizzes.misses import Target, miss, seen_ms, shows
from quizzes.store import Attempts
from quizzes.viewing import Message, Run, Viewing, dwell_ms, read_message
from quizzes.viewing_store import Viewings

LUNG, MEDIASTINUM = (-600.0, 1500.0), (50.0, 350.0)
MARK = {"space": "patient", "series": "ct", "point": [1.0, 2.0, 3.0]}


def run(start, duration, frame, window=LUNG, series="ct"):
    return Run(start, duration, 0, series, frame, *window)


def message(*runs, mount="a1", number=0, marks=()):
    return Message(mount, number, runs, marks)


def test_a_message_is_read_as_the_viewer_writes_it():
    sent = {"mount": "a1", "number": 3, "runs": [[0, 250, 0, "ct", 52, -600, 1500]], "marks": [[100, [MARK]]]}
    read = read_message(sent)
    assert read.runs == (run(0, 250, 52),)
    assert read.as_json() == {"runs": [[0, 250, 0, "ct", 52, -600.0, 1500.0]], "marks": [[100, [MARK]]]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"mount": "", "number": 0},
        {"mount": "a/b", "number": 0},
        {"mount": "a", "number": -1},
        {"mount": "a", "number": 0, "runs": [[0, 1]]},
        {"mount": "a", "number": 0, "runs": [[0, -1, 0, "ct", 5, 0, 1]]},
        {"mount": "a", "number": 0, "runs": [[0, 1, 0, "ct", 5, float("nan"), 1]]},
        {"mount": "a", "number": 0, "runs": [[0, 1, 0, "ct", 5, 0, 1]] * 501},
        {"mount": "a", "number": 0, "marks": [[0, [{"space": "nowhere"}]]]},
    ],
)
def test_what_no_viewer_sends_is_refused(value):
    with pytest.raises(QuizError):
        read_message(value)


def test_times_add_up_by_image():
    runs = [run(0, 200, 1), run(200, 300, 2), run(500, 50, 1), run(0, 900, 1, series="other"), run(0, 9, 99)]
    assert dwell_ms(runs, "ct", 4) == [0, 250, 300, 0]


def test_a_replay_joins_what_two_openings_of_the_viewer_saw():
    first = message(run(1000, 500, 1), marks=((1200, (MARK,)),))
    second = message(run(40, 300, 7), mount="b2")
    assert Viewing(((first,), (second,))).replay() == {
        "runs": [[0, 500, 0, "ct", 1, *LUNG], [500, 300, 0, "ct", 7, *LUNG]],
        "marks": [[200, [MARK]]],
        "duration": 800,
    }


def test_a_window_shows_what_it_covers_at_a_contrast_that_is_left():
    assert shows(*LUNG, LUNG)
    assert not shows(*MEDIASTINUM, LUNG)
    assert not shows(*LUNG, MEDIASTINUM)
    assert shows(40, 400, MEDIASTINUM)


NODULE = Target("ct", frozenset(range(50, 56)), LUNG)


@pytest.mark.parametrize(
    ("runs", "hit", "diagnosed", "kind"),
    [
        ([], False, None, "search"),
        ([run(0, 9000, 10)], False, True, "search"),
        ([run(0, 100, frame) for frame in (50, 51, 52, 53)], False, True, "search"),
        ([run(0, 9000, 52, MEDIASTINUM)], False, True, "search"),
        ([run(0, 100, frame) for frame in range(50, 56)], False, False, "recognition"),
        ([run(0, 9000, 52)], True, False, "interpretation"),
        ([run(0, 9000, 52)], True, True, None),
        ([run(0, 9000, 52)], True, None, None),
    ],
)
def test_the_kind_of_a_miss_follows_from_what_was_on_screen(runs, hit, diagnosed, kind):
    assert miss(runs, NODULE, hit=hit, diagnosed=diagnosed) == kind


def test_without_a_window_of_its_own_any_window_shows_a_finding():
    assert seen_ms([run(0, 700, 52, MEDIASTINUM)], Target("ct", frozenset({52}))) == 700


def test_log_drawings_and_judgements_are_kept_once_and_never_changed(sqlite, now):
    with Attempts(sqlite) as attempts:
        attempt = attempts.start("ada", "case", "v1", now=now).id
        viewings = Viewings(attempts.engine)
        viewings.add(attempt, message(run(0, 100, 1)), now=now)
        viewings.add(attempt, message(run(0, 999, 9)), now=now)  # sent twice: the first stands
        later = now + timedelta(seconds=5)
        viewings.add(attempt, message(run(100, 50, 2), number=1), now=later)
        assert viewings.of(attempt).runs == (run(0, 100, 1), run(100, 50, 2))
        assert viewings.of(attempt, until=now).runs == (run(0, 100, 1),)
        viewings.draw(attempt, "one", [{"id": "x", "value": 3.5}], now=now)
        viewings.draw(attempt, "one", [], now=later)
        assert viewings.drawn(attempt) == [{"id": "x", "value": 3.5}]
        assert viewings.judgement(attempt, "one") is None
        viewings.judge(attempt, "one", "ada", {"size": "none"}, now=now)
        viewings.judge(attempt, "one", "bob", {"size": "full"}, now=later)
        newest = viewings.judgement(attempt, "one")
        assert (newest.scorer, newest.bands, newest.scored_at) == ("bob", {"size": "full"}, later)
        with pytest.raises(StoreError):
            viewings.add("nobody", message(run(0, 1, 1)), now=now)
