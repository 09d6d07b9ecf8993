"""Mouse, wheel, touch and keys do what a reader expects of a workstation."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.browser.reading import Point, ReadPage
from tests.browser.serving import Server
from tests.browser.truth import case_file


def presentation(reader: ReadPage) -> str:
    """What stands in the lower right corner: turned, flipped, inverted, zoom."""
    return reader.page.locator(".rv-br").text_content() or ""


def presents(reader: ReadPage, text: str) -> None:
    expect(reader.page.locator(".rv-br")).to_have_text(text)


def test_the_wheel_moves_as_many_images_as_it_counts(ct: ReadPage) -> None:
    ct.hover(ct.middle())
    ct.page.mouse.wheel(0, 100)
    ct.shows(frame=68)
    # Five notches merged into one event by the browser.
    ct.page.mouse.wheel(0, 500)
    ct.shows(frame=73)
    for _ in range(7):
        ct.page.mouse.wheel(0, -100)
    ct.shows(frame=66)
    # A track pad's small steps add up.
    for _ in range(8):
        ct.page.mouse.wheel(0, 25)
    ct.shows(frame=68)
    ct.page.mouse.wheel(0, 100_000)
    ct.shows(frame=133)
    ct.page.mouse.wheel(0, -100)
    ct.shows(frame=132)


def test_control_and_wheel_move_a_twentieth_of_the_series(ct: ReadPage) -> None:
    ct.hover(ct.middle())
    ct.page.keyboard.down("Control")
    ct.page.mouse.wheel(0, 100)
    ct.shows(frame=74)
    ct.page.mouse.wheel(0, -200)
    ct.shows(frame=60)
    ct.page.keyboard.up("Control")
    assert ct.page.evaluate("visualViewport.scale") == 1


def test_keys_page_through_the_series(ct: ReadPage) -> None:
    for key, frame in (
        ("ArrowDown", 68),
        ("j", 69),
        ("ArrowUp", 68),
        ("k", 67),
        ("Shift+ArrowDown", 77),
        ("Shift+ArrowUp", 67),
        ("Home", 1),
        ("ArrowUp", 1),
        ("End", 133),
        ("Shift+ArrowDown", 133),
    ):
        ct.press(key)
        ct.shows(frame=frame)


def test_number_keys_choose_the_windows_and_zero_the_one_it_opened_with(ct: ReadPage) -> None:
    windows = case_file("thoracic-ct-01")["series"][0]["window"]
    options = ct.page.get_by_label("Window preset").locator("option").all_text_contents()
    for key, window in enumerate(windows, start=1):
        ct.press(str(key))
        ct.shows(window_center=window["center"], window_width=window["width"])
        assert any(text.startswith(f"{key}  ") and f"{window['width']}/{window['center']}" in text for text in options)
    ct.press("0")
    ct.shows(window_center=-600, window_width=1500)
    # A key without a preset changes nothing.
    ct.press("9")
    ct.shows(window_center=-600, window_width=1500)


def test_keys_invert_turn_flip_and_reset(ct: ReadPage) -> None:
    presents(ct, "100 %")
    ct.press("i")
    presents(ct, "inverted\n100 %")
    ct.press("r")
    presents(ct, "rotated 90°, inverted\n100 %")
    ct.press("Shift+H")
    presents(ct, "rotated 90°, flipped left–right, inverted\n100 %")
    ct.press("Shift+V")
    presents(ct, "rotated 90°, flipped left–right, flipped top–bottom, inverted\n100 %")
    ct.press("Space")
    presents(ct, "100 %")


def test_letters_choose_the_tools_and_the_toolbar_shows_it(ct: ReadPage) -> None:
    tools = {"p": "Pan", "z": "Zoom", "s": "Scroll", "h": "Probe the value", "m": "Mark the finding", "w": "Window"}
    for key, name in tools.items():
        ct.press(key)
        expect(ct.page.get_by_role("button", name=name, pressed=True)).to_have_count(1)


def test_left_drag_changes_the_window_and_scrolling_keeps_it(ct: ReadPage) -> None:
    ct.drag((120, 0))
    ct.page.wait_for_function("Number(document.querySelector('.rv').dataset.windowWidth) > 1700")
    ct.shows(window_center=-600)
    ct.drag((0, 80))
    ct.page.wait_for_function("Number(document.querySelector('.rv').dataset.windowCenter) > -500")
    center, width = ct.data("window-center"), ct.data("window-width")
    ct.press("ArrowDown", "ArrowDown")
    ct.shows(frame=69, window_center=center, window_width=width)


def test_middle_drag_pans_by_the_way_of_the_pointer(ct: ReadPage) -> None:
    x, y = ct.at((200, 300))
    ct.drag((64, -40), button="middle")
    assert ct.at((200, 300)) == pytest.approx((x + 64, y - 40), abs=0.5)
    # Turned and mirrored, the image still follows the pointer.
    ct.press("Space", "r", "Shift+H")
    x, y = ct.at((200, 300))
    ct.drag((64, -40), button="middle")
    assert ct.at((200, 300)) == pytest.approx((x + 64, y - 40), abs=0.5)


@pytest.mark.parametrize("keys", [(), ("r",), ("r", "Shift+H")])
def test_right_drag_zooms_about_the_place_where_it_began(ct: ReadPage, keys: tuple[str, ...]) -> None:
    ct.press(*keys)
    point = (330.0, 210.0)
    place = ct.at(point)
    before = distance(ct.at((100, 100)), ct.at((200, 100)))
    ct.drag((0, -70), start=place, button="right")
    assert ct.at(point) == pytest.approx(place, abs=0.5)
    assert distance(ct.at((100, 100)), ct.at((200, 100))) / before == pytest.approx(1.01**70, rel=0.01)
    ct.drag((0, 70), start=place, button="right")
    assert distance(ct.at((100, 100)), ct.at((200, 100))) == pytest.approx(before, rel=0.01)


def distance(a: Point, b: Point) -> float:
    return ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5


def test_keys_scroll_the_images_after_any_control_was_clicked(ct: ReadPage) -> None:
    page = ct.page
    page.get_by_label("Window preset").select_option("1")
    ct.shows(window_center=50)
    controls = {
        "Invert": page.get_by_role("button", name="Invert"),
        "Pan": page.get_by_role("button", name="Pan"),
        "Window preset": page.get_by_label("Window preset"),
        "sweep": page.get_by_label("sweep"),
        "technique": page.get_by_text("Patient and technique"),
        "no finding": page.get_by_text("There is no finding to mark"),
        "confidence": page.get_by_test_id("stButtonGroup").get_by_text("70", exact=True),
    }
    frame = 67
    for name, control in controls.items():
        control.click()
        if name == "Window preset":
            ct.press("Escape")
        ct.rest()
        ct.press("ArrowDown")
        frame += 1
        expect(ct.viewer, name).to_have_attribute("data-frame", str(frame))
    # Leave the page as it was.
    for name in ("sweep", "technique", "no finding"):
        controls[name].click()
    ct.rest()


def test_streamlits_own_shortcuts_stay_silent(ct: ReadPage) -> None:
    ct.page.evaluate("document.querySelector('.rv').readout.viewer.canvas.dataset.stamp = 'same'")
    ct.press("c")
    expect(ct.page.get_by_role("button", name="Cine")).to_have_attribute("aria-pressed", "true")
    ct.press("c", "r")
    presents(ct, "rotated 90°\n100 %")
    expect(ct.page.get_by_role("button", name="Cine")).to_have_attribute("aria-pressed", "false")
    expect(ct.page.get_by_test_id("stDialog")).to_have_count(0)
    expect(ct.page.get_by_text("Clear caches")).to_have_count(0)


def test_the_question_mark_lists_every_key_and_gesture(ct: ReadPage) -> None:
    dialog = ct.page.get_by_role("dialog", name="Keys and gestures")
    expect(dialog).to_have_count(0)
    ct.press("?")
    expect(dialog).to_be_visible()
    for text in ("Next image", "Shift ↓", "Window presets", "1 – 9", "Mark the finding", "Right drag", "Two fingers"):
        expect(dialog.get_by_text(text, exact=False).first).to_be_visible()
    ct.press("Escape")
    expect(dialog).to_have_count(0)
    ct.press("?", "?")
    expect(dialog).to_have_count(0)
    ct.page.get_by_role("button", name="Keys and gestures").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_text_on_the_image_can_be_hidden(ct: ReadPage) -> None:
    corner = ct.page.locator(".rv-tl")
    expect(corner).to_have_text("Axial CT, 2.5 mm\n67 / 133\nF 175.0 mm · 2.5 mm thick")
    ct.press("t")
    expect(corner).to_be_hidden()
    ct.press("t")
    expect(corner).to_be_visible()


def test_cine_runs_through_the_frames_and_stops(reader: ReadPage) -> None:
    reader.open("interventional-xa-01")
    # 33 ms a frame in the file.
    expect(reader.page.get_by_label("Images a second")).to_have_value("30")
    reader.press("c")
    # It goes round the end of the run.
    reader.page.wait_for_function("Number(document.querySelector('.rv').dataset.frame) > 90")
    reader.page.wait_for_function("Number(document.querySelector('.rv').dataset.frame) < 20")
    reader.press("c")
    expect(reader.page.get_by_role("button", name="Cine")).to_have_attribute("aria-pressed", "false")
    stopped = reader.data("frame")
    reader.press("i")
    expect(reader.page.locator(".rv-br")).to_contain_text("inverted")
    assert reader.data("frame") == stopped


def test_the_rail_goes_to_any_image(ct: ReadPage) -> None:
    rail = ct.page.get_by_role("slider", name="Image")
    box = rail.bounding_box()
    assert box is not None
    ct.click((box["x"] + 9, box["y"] + box["height"] - 2))
    ct.shows(frame=133)
    ct.click((box["x"] + 9, box["y"] + box["height"] * 0.25))
    ct.shows(frame=34)
    expect(rail).to_have_attribute("aria-valuenow", "34")
    ct.press("ArrowUp")
    ct.shows(frame=33)


@pytest.fixture(scope="module")
def phone(browser: Browser, server: Server) -> Iterator[ReadPage]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield ReadPage(context.new_page(), server).open("interventional-xa-01")
    context.close()


@pytest.fixture
def fingers(phone: ReadPage) -> Iterator["Fingers"]:
    phone.press("Escape", "Space")
    phone.go_to(1)
    session = phone.page.context.new_cdp_session(phone.page)
    yield Fingers(session)
    session.detach()


class Fingers:
    """Touches, through the browser's own input."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    def _touch(self, kind: str, places: list[Point]) -> None:
        points = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def press(self, *places: Point) -> None:
        for count in range(1, len(places) + 1):
            self._touch("touchStart", list(places[:count]))

    def move(self, *ways: tuple[Point, Point], steps: int = 10) -> None:
        for step in range(1, steps + 1):
            share = step / steps
            along = [(a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])) for a, b in ways]
            self._touch("touchMove", along)

    def lift(self) -> None:
        self._touch("touchEnd", [])


def test_one_finger_scrolls_the_images_and_not_the_page(phone: ReadPage, fingers: Fingers) -> None:
    x, y = phone.middle()
    fingers.press((x, y - 80))
    fingers.move(((x, y - 80), (x, y + 80)))
    fingers.lift()
    phone.page.wait_for_function("Number(document.querySelector('.rv').dataset.frame) > 10")
    reached = int(phone.data("frame"))
    assert reached == pytest.approx(21, abs=2)
    fingers.press((x, y + 40))
    fingers.move(((x, y + 40), (x, y - 40)))
    fingers.lift()
    phone.page.wait_for_function(f"Number(document.querySelector('.rv').dataset.frame) < {reached}")
    assert int(phone.data("frame")) == pytest.approx(reached - 10, abs=2)
    assert phone.page.evaluate("[scrollX, scrollY, document.querySelector('[data-testid=stMain]').scrollTop]") == [
        0,
        0,
        0,
    ]


def test_two_fingers_zoom_and_move_the_image(phone: ReadPage, fingers: Fingers) -> None:
    x, y = phone.middle()
    before = distance(phone.at((0, 0)), phone.at((100, 0)))
    fingers.press((x - 40, y), (x + 40, y))
    fingers.move(((x - 40, y), (x - 80, y + 30)), ((x + 40, y), (x + 80, y + 30)))
    fingers.lift()
    expect(phone.page.locator(".rv-br")).to_contain_text("200 %")
    assert distance(phone.at((0, 0)), phone.at((100, 0))) / before == pytest.approx(2, rel=0.02)
    assert phone.page.evaluate("visualViewport.scale") == 1
    phone.shows(frame=1)


def test_a_long_press_offers_the_tools(phone: ReadPage, fingers: Fingers) -> None:
    menu = phone.page.locator(".rv-menu")
    fingers.press(phone.middle())
    expect(menu).to_be_visible()
    fingers.lift()
    menu.get_by_role("button", name="Pan").tap()
    phone.shows(tool="pan")
    expect(menu).to_have_count(0)
    fingers.press(phone.middle())
    box, viewer = menu.bounding_box(), phone.viewer.bounding_box()
    fingers.lift()
    assert box
    assert viewer
    assert viewer["x"] <= box["x"]
    assert box["x"] + box["width"] <= viewer["x"] + viewer["width"]
    menu.get_by_role("button", name="Angle (A)").tap()
    phone.shows(tool="angle")
    phone.press("w")


def test_one_finger_draws_with_a_tool_that_was_chosen(phone: ReadPage, fingers: Fingers) -> None:
    expect(phone.viewer).to_have_attribute("data-tools", "ready")
    phone.page.get_by_role("button", name="Measure and draw").tap()
    phone.page.get_by_role("button", name="Length").tap()
    phone.shows(tool="length", frame=1)
    x, y = phone.middle()
    (left, _), (right, _) = phone.at((0, 0)), phone.at((100, 0))
    fingers.press((x - 60, y))
    fingers.move(((x - 60, y), (x + 60, y)))
    fingers.lift()
    # The angiogram has no spacing in the patient, so the line says pixels.
    words = phone.page.locator(".rv-words")
    expect(words).to_have_text(re.compile(r"\d"))
    said = float(re.findall(r"\d+(?:\.\d+)?", words.text_content() or "")[0])
    assert said == pytest.approx(120 / (right - left) * 100, rel=0.03)
    phone.shows(frame=1)
    phone.press("Control+z", "w")
    expect(words).to_have_count(0)
