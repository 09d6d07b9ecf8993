"""Two browsers read one case together: each follows the other in a window of another size, and nothing else passes."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.browser.conftest import WINDOW
from tests.browser.reading import Point, ReadPage
from tests.browser.seeding import Cohort
from tests.browser.serving import Server
from tests.browser.traffic import Traffic, answers, outline_points, spoiler_words
from viewer.together import HOLD_S

SLUG = "thoracic-ct-01"
SMALL = {"width": 1100, "height": 760}


@dataclass
class Pair:
    """Ada began; Bert has come by her code, through a connection that the test can cut."""

    ada: ReadPage
    bert: ReadPage
    code: str
    lines: list[WebSocketRoute]
    said: list[str] = field(default_factory=list)

    def cut(self) -> None:
        """Close Bert's connection under him, on both sides."""
        for side in self.lines[-2:]:
            side.close()


@pytest.fixture(scope="module")
def seeded(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, str, str]:
    """Give a server, a student, and their attempt at the case, with which a resident may begin."""
    url = f"sqlite:///{tmp_path_factory.mktemp('cohort') / 'seeded.sqlite3'}"
    cohort = Cohort(url)
    student = cohort.add("Carl")
    attempt = cohort.read(student, SLUG)
    cohort.attempts.close()
    return serve(READOUT_DATABASE_URL=url), student.id, attempt.id


@pytest.fixture(scope="module")
def pair(browser: Browser, seeded: tuple[Server, str, str]) -> Iterator[Pair]:
    server, _, _ = seeded
    contexts = [browser.new_context(viewport=size) for size in (WINDOW, SMALL)]
    ada, bert = (ReadPage(context.new_page(), server) for context in contexts)
    code = begin(ada.open(SLUG))
    lines: list[WebSocketRoute] = []
    said: list[str] = []

    def pass_on(line: WebSocketRoute) -> None:
        to = line.connect_to_server()
        lines.extend((line, to))

        def keep(message: str | bytes) -> None:
            said.append(str(message))
            line.send(message)

        to.on_message(keep)

    bert.page.route_web_socket(re.compile("/together/"), pass_on)
    bert.page.goto(f"{server.url}/read?case={SLUG}&together={code}")
    bert.ready()
    expect(bert.viewer).to_have_attribute("data-fellows", "1")
    expect(ada.viewer).to_have_attribute("data-fellows", "1")
    yield Pair(ada, bert, code, lines, said)
    for context in contexts:
        context.close()


def begin(reader: ReadPage) -> str:
    """Begin a shared reading, and give its code."""
    reader.page.get_by_role("button", name="Read together").click()
    reader.page.get_by_role("button", name="Begin a shared reading").click()
    expect(reader.viewer).to_have_attribute("data-together", "joined")
    reader.rest()
    found = re.search(r"together=([A-Z2-9]{6})", reader.page.url)
    assert found
    return found[1]


def rest(pair: Pair) -> None:
    """Let the last movement be long enough ago for another to lead."""
    pair.ada.page.wait_for_timeout(1000 * HOLD_S + 100)


def middle(reader: ReadPage) -> Point:
    """Give the image point in the middle of the image area, from where three others are shown."""
    origin, along, below = (np.array(reader.at(point)) for point in ((0, 0), (100, 0), (0, 100)))
    axes = np.array([along - origin, below - origin]).T / 100
    u, v = np.linalg.solve(axes, np.array(reader.middle()) - origin)
    return float(u), float(v)


def follows(follower: ReadPage, leader: ReadPage) -> None:
    """Wait until one shows what the other shows: image, window, place and turn."""
    for name in ("frame", "series", "window-center", "window-width"):
        expect(follower.viewer).to_have_attribute(f"data-{name}", leader.data(name))
    # Turns, flips, inversion and zoom, as they stand on the image.
    expect(follower.page.locator(".rv-br")).to_have_text(leader.page.locator(".rv-br").inner_text())
    for _ in range(50):
        if middle(follower) == pytest.approx(middle(leader), abs=1):
            return
        follower.page.wait_for_timeout(100)
    assert middle(follower) == pytest.approx(middle(leader), abs=1)


def points_at(leader: ReadPage, follower: ReadPage, point: Point) -> None:
    """Move the mouse over an image point here, and find the cursor there, within a pixel of the image."""
    leader.hover(leader.at(point))
    cursor = follower.page.locator(".rv-fellow i")
    expect(cursor).to_be_visible()
    wanted = follower.at(point)
    pixel = abs(follower.at((point[0] + 1, point[1] + 1))[0] - wanted[0])
    follower.page.wait_for_function(
        """([x, y, most]) => {
          const box = document.querySelector('.rv-fellow i').getBoundingClientRect();
          return Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) <= most;
        }""",
        arg=[*wanted, pixel],
    )


def test_each_follows_the_other_and_sees_where_they_point(pair: Pair) -> None:
    for leader, follower, frame, preset in ((pair.ada, pair.bert, 30, "2"), (pair.bert, pair.ada, 101, "1")):
        rest(pair)
        leader.hover(leader.middle())
        leader.go_to(frame)
        leader.press(preset, "r", "i")
        leader.zoom_on((300, 200), 2.5)
        follows(follower, leader)
        points_at(leader, follower, (280, 215))
        points_at(leader, follower, (310, 190))
    expect(pair.bert.page.locator(".rv-together")).to_have_text("Reading together with Reader")


def test_who_moves_while_another_leads_is_brought_back(pair: Pair) -> None:
    rest(pair)
    # A running cine leads without a pause.
    pair.ada.press("Home", "c")
    pair.ada.page.wait_for_function("Number(document.querySelector('.rv').dataset.frame) > 2")
    pair.bert.page.wait_for_function("Number(document.querySelector('.rv').dataset.frame) > 2")
    before = pair.ada.page.locator(".rv-br").inner_text()
    pair.bert.press("i", "Shift+H", "r")
    expect(pair.bert.page.locator(".rv-br")).to_have_text(before)
    assert pair.ada.page.locator(".rv-br").inner_text() == before
    pair.ada.press("c")


def test_a_cut_connection_is_said_and_taken_up_again_where_the_others_are(pair: Pair) -> None:
    rest(pair)
    pair.cut()
    expect(pair.bert.viewer).to_have_attribute("data-together", re.compile("lost|joining|joined"))
    pair.ada.go_to(77)
    expect(pair.bert.viewer).to_have_attribute("data-together", "joined")
    expect(pair.ada.viewer).to_have_attribute("data-fellows", "1")
    pair.bert.shows(frame=77)
    rest(pair)
    pair.bert.press("ArrowDown")
    pair.ada.shows(frame=78)


def test_a_reload_comes_back_to_the_same_reading(pair: Pair) -> None:
    pair.bert.page.reload()
    pair.bert.ready()
    expect(pair.bert.viewer).to_have_attribute("data-fellows", "1")
    follows(pair.bert, pair.ada)


def test_nothing_of_answers_and_outlines_comes_along(browser: Browser, seeded: tuple[Server, str, str]) -> None:
    """A resident goes through an attempt; who has answered nothing follows, and is told none of it."""
    server, student, attempt = seeded
    contexts = [browser.new_context(viewport=SMALL) for _ in range(2)]
    resident, reader = (ReadPage(context.new_page(), server) for context in contexts)
    resident.page.goto(f"{server.url}/review?student={student}&attempt={attempt}")
    code = begin(resident.ready())
    expect(resident.page.locator("svg .rv-outline").first).to_be_attached()
    reader.open(SLUG)
    traffic = Traffic()
    reader.page.on("websocket", traffic.listen)
    reader.page.goto(f"{server.url}/read?case={SLUG}&together={code.lower()}")
    reader.ready()
    reader.shows(frame=resident.data("frame"))
    resident.hover(resident.middle())
    expect(reader.page.locator(".rv-fellow i")).to_be_visible()
    expect(reader.page.locator("svg .rv-outline")).to_have_count(0)
    expect(reader.page.locator("svg .rv-mark")).to_have_count(0)
    told = [frame for frame in traffic.frames if b'"shown"' in frame or b'"there"' in frame]
    assert told
    keys = {"there", "shown"}
    views = [view for frame in told if (view := json.loads(frame).get("shown", {}).get("view"))]
    assert all(json.loads(frame).keys() <= keys for frame in told)
    assert all(view.keys() == {"content", "frame", "window", "inverted", "placement", "cursor"} for view in views)
    spoken = traffic.take(SLUG)
    assert spoken.having([*spoiler_words(SLUG), *answers(SLUG)]) == []
    assert len(outline_points(SLUG))
    for context in contexts:
        context.close()


def test_a_code_joins_from_the_read_page_and_a_wrong_one_says_so(pair: Pair, seeded: tuple[Server, str, str]) -> None:
    page = pair.bert.page
    page.goto(f"{seeded[0].url}/read?case={SLUG}")
    pair.bert.ready()
    expect(pair.ada.page.locator(".rv-together")).to_contain_text(re.compile("has left|Nobody else"))
    page.get_by_role("button", name="Read together").click()
    page.get_by_label("Code of a shared reading").fill("wrong1")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("There is no shared reading of this code")).to_be_visible()
    page.get_by_label("Code of a shared reading").fill(pair.code.lower())
    page.get_by_role("button", name="Join").click()
    expect(pair.bert.viewer).to_have_attribute("data-fellows", "1")


def test_leaving_is_told_and_the_images_are_free_again(pair: Pair) -> None:
    rest(pair)
    page = pair.bert.page
    page.get_by_role("button", name=f"Together: {pair.code}").click()
    expect(page.get_by_text(f"together={pair.code}")).to_be_visible()
    page.get_by_role("button", name="Leave the shared reading").click()
    expect(page.locator(".rv-together")).to_have_count(0)
    expect(pair.ada.viewer).to_have_attribute("data-fellows", "0")
    frame = pair.bert.data("frame")
    pair.ada.press("Home")
    pair.ada.shows(frame=1)
    assert pair.bert.data("frame") == frame
