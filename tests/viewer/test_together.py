"""What a shared reading passes on, to whom, and who leads; over real connections where it is about those."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from viewer.navigation import read_view
from viewer.routes import SESSION_COOKIE, Signer
from viewer.together import HOLD_S, MOST_READINGS, MOST_SEATS, SharedReadings, together_route

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
VIEW = {
    "content": {"kind": "stack", "series": "ct"},
    "frame": 66,
    "window": {"center": -600.0, "width": 1500.0},
    "inverted": False,
    "placement": {"centre": [255.5, 200.25], "zoom": 2.0, "rotation": 90, "flips": [True, False]},
    "cursor": {"frame": 66, "point": [-56.4, 86.3, -115.0]},
}


def test_a_view_is_read_as_it_was_said() -> None:
    assert read_view(json.loads(json.dumps(VIEW))) == VIEW
    assert read_view({**VIEW, "cursor": None})["cursor"] is None


def test_nothing_but_navigation_passes() -> None:
    answers = {"marks": [1], "outlines": ["xq"], "answer": "xq", "name": "xq"}
    told = {
        **VIEW,
        **answers,
        **{part: {**VIEW[part], **answers} for part in ("content", "window", "placement", "cursor")},  # type: ignore[dict-item]
    }
    assert read_view(told) == VIEW


@pytest.mark.parametrize(
    "change",
    [
        {"content": {"kind": "report", "series": "ct"}},
        {"content": {"kind": "stack", "series": "x" * 65}},
        {"content": {"kind": "plane", "series": "ct", "plane": "<b>"}},
        {"frame": -1},
        {"frame": 1.5},
        {"frame": True},
        {"window": {"center": float("nan"), "width": 1}},
        {"window": {"center": "1", "width": 1}},
        {"window": {"center": 1}},
        {"placement": {"centre": [1, 2], "zoom": 1, "rotation": 45, "flips": [False, False]}},
        {"placement": {"centre": [1, 2, 3], "zoom": 1, "rotation": 0, "flips": [False, False]}},
        {"placement": {"centre": [1, 2], "zoom": 1, "rotation": 0, "flips": "xx"}},
        {"cursor": {"frame": 1, "point": [1, 2, 3, 4]}},
        {"cursor": []},
    ],
)
def test_what_no_viewer_shows_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="found"):
        read_view({**VIEW, **change})


def test_a_code_is_found_as_people_type_it_and_a_seat_stays_the_same() -> None:
    readings = SharedReadings()
    code = readings.open("case-1")
    assert readings.case(f" {code[:3].lower()} {code[3:]}\n") == "case-1"
    assert readings.case("nowhere") is None
    ada = readings.admit(code, ("ada", "browser"), "Ada", ["ct"])
    assert ada
    assert readings.admit(code, ("ada", "browser"), "Ada", ["ct", "pet"]) == ada
    assert readings.admit(code, ("ada", "phone"), "Ada", ["ct"]) != ada
    assert readings.admit("nowhere", ("ada", "browser"), "Ada", ["ct"]) is None
    assert readings.take("nobody") is None


def test_a_reading_and_all_readings_hold_only_so_many() -> None:
    time = [0.0]
    readings = SharedReadings(lambda: time[0])
    first = readings.open("first")
    seats = [readings.admit(first, (str(number), ""), "Ada", []) for number in range(MOST_SEATS + 1)]
    assert [bool(seat) for seat in seats] == [True] * MOST_SEATS + [False]
    for number in range(MOST_READINGS):
        time[0] += 1
        readings.open(f"case {number}")
    assert readings.case(first) is None
    last = readings.open("last")
    time[0] += 13 * 3600
    readings.open("tomorrow")
    assert readings.case(last) is None


@dataclass
class Site:
    """The route behind a real server, with a clock that only the test moves."""

    port: int
    signer: Signer
    readings: SharedReadings
    time: list[float]
    code: str
    stack: ExitStack
    signed_out: set[str]

    def seat(self, who: str, *series: str) -> str:
        seat = self.readings.admit(self.code, (who, who), who.title(), series or ("ct",))
        assert seat
        return seat

    def join(self, seat: str, browser: str, *, signed_for: str = "", **options: Any) -> ClientConnection:
        query = self.signer.query(f"together/{seat}", signed_for or browser)
        headers = {"Cookie": f"{SESSION_COOKIE}={browser}"}
        url = f"ws://127.0.0.1:{self.port}/together/{seat}?{query}"
        return self.stack.enter_context(connect(url, additional_headers=headers, **options))


@pytest.fixture
def site() -> Iterator[Site]:
    time = [0.0]
    signer, readings = Signer(bytes(32), now=lambda: NOON), SharedReadings(lambda: time[0])
    gone: set[str] = set()

    def session_of(cookies: Mapping[str, str]) -> str:
        name = cookies.get(SESSION_COOKIE, "")
        return "" if name in gone else name

    app = Starlette(routes=[together_route(readings, signer, session_of, ask_s=0.01)])
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with ExitStack() as stack:
        yield Site(port, signer, readings, time, readings.open("case-1"), stack, gone)
    server.should_exit = True
    thread.join()


def heard(line: ClientConnection, kind: str) -> Any:
    """Give the next that is said of this kind."""
    while True:
        said = json.loads(line.recv(timeout=20))
        if kind in said:
            return said[kind]


def names(line: ClientConnection) -> list[str]:
    return [one["name"] for one in heard(line, "there")["who"]]


def frame(number: int) -> str:
    return json.dumps({**VIEW, "frame": number})


def test_each_is_told_who_is_there_and_who_has_gone(site: Site) -> None:
    ada = site.join(site.seat("ada"), "ada")
    assert names(ada) == ["Ada"]
    bert = site.join(site.seat("bert"), "bert")
    assert names(ada) == names(bert) == ["Ada", "Bert"]
    bert.close()
    assert names(ada) == ["Ada"]


def test_whoever_moves_leads_until_they_have_been_still(site: Site) -> None:
    ada, bert = (site.join(site.seat(who), who) for who in ("ada", "bert"))
    ada.send(frame(10))
    assert heard(bert, "shown")["view"]["frame"] == 10
    # Bert is too early: he is told what is shown, and Ada is told nothing.
    bert.send(frame(20))
    assert heard(bert, "shown")["view"]["frame"] == 10
    site.time[0] += HOLD_S
    bert.send(frame(30))
    assert heard(ada, "shown")["view"]["frame"] == 30


def test_who_leads_and_leaves_does_not_hold_the_others(site: Site) -> None:
    ada, bert = (site.join(site.seat(who), who) for who in ("ada", "bert"))
    ada.send(frame(10))
    assert heard(bert, "shown")
    ada.close()
    while names(bert) != ["Bert"]:
        pass
    bert.send(frame(20))
    carl = site.join(site.seat("carl"), "carl")
    assert heard(carl, "shown")["view"]["frame"] == 20


def test_who_may_not_see_a_series_yet_is_not_told_of_it(site: Site) -> None:
    ada = site.join(site.seat("ada", "ct", "pet"), "ada")
    bert = site.join(site.seat("bert", "ct"), "bert")
    ada.send(json.dumps({**VIEW, "content": {"kind": "stack", "series": "pet"}}))
    shown = heard(bert, "shown")
    assert shown["view"] is None
    assert "pet" not in json.dumps(shown)
    fused = {"kind": "plane", "series": "ct", "plane": "axial", "over": "pet"}
    ada.send(json.dumps({**VIEW, "content": fused}))
    assert heard(bert, "shown")["view"] is None


def test_an_address_is_worth_nothing_in_another_browser_or_on_another_page(site: Site) -> None:
    seat = site.seat("ada")
    for browser, options in (("bert", {"signed_for": "ada"}), ("ada", {"origin": "https://elsewhere.example"})):
        with pytest.raises(InvalidStatus, match="403"):
            site.join(seat, browser, **options)
    own = f"http://127.0.0.1:{site.port}"
    assert names(site.join(seat, "ada", origin=own)) == ["Ada"]


@pytest.mark.parametrize(
    "said", ["no JSON", "[]", "[" * 2000, json.dumps({"frame": 1}), frame(1) + " " * 2048, b"\x00"]
)
def test_what_no_viewer_says_ends_the_connection(site: Site, said: str | bytes) -> None:
    ada = site.join(site.seat("ada"), "ada")
    ada.send(said)
    with pytest.raises(ConnectionClosed):
        heard(ada, "an end")


def test_who_signs_out_sees_no_more_and_does_not_come_in_again(site: Site) -> None:
    seat = site.seat("ada")
    ada, bert = site.join(seat, "ada"), site.join(site.seat("bert"), "bert")
    site.signed_out.add("ada")
    with pytest.raises(ConnectionClosed):
        heard(ada, "an end")
    while names(bert) != ["Bert"]:
        pass
    with pytest.raises(InvalidStatus, match="403"):
        site.join(seat, "ada")


def test_a_seat_that_is_gone_is_said_so(site: Site) -> None:
    gone = site.join("a" * 24, "ada")
    with pytest.raises(ConnectionClosed) as ended:
        gone.recv(timeout=20)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 4404
