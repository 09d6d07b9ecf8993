"""A resident goes through a student's answers: ten cases on a screen, each beside its images, by keyboard."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from quizzes.people.person import Person, Role
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from tests.browser.axe import violations
from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage
from tests.browser.seeding import BEGUN, Cohort
from tests.browser.serving import Server
from tests.browser.truth import SLUGS, finding_place

CHEST = "thoracic-ct-01"
TEN = [CHEST, "msk-cr-01", *(slug for slug in SLUGS if slug not in (CHEST, "msk-cr-01"))][:10]
SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
_OVERFLOW = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return [Math.max(document.scrollingElement.scrollWidth, main.scrollWidth) - innerWidth,
          Math.max(document.scrollingElement.scrollHeight, main.scrollHeight) - innerHeight];
}"""


@dataclass
class Ward:
    """A server with a student of ten cases, another whose name is markup, and one in the middle of a test."""

    server: Server
    ada: Person
    carl: Person
    attempts: dict[str, str]
    """Of Ada, by slug."""
    own: str
    """Case that whoever sits at the machine has read, with a comment on it."""

    def address(self, student: Person, attempt: str = "") -> str:
        more = f"&attempt={attempt}" if attempt else ""
        return f"{self.server.url}/review?student={student.id}{more}"


@pytest.fixture(scope="module")
def ward(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Ward:
    url = f"sqlite:///{tmp_path_factory.mktemp('cohort') / 'seeded.sqlite3'}"
    cohort = Cohort(url)
    reader = cohort.people.local_reader(now=BEGUN)
    bert = cohort.add(SCRIPT[:100], Role.RESIDENT)
    ada, carl = cohort.add("Ada Byron", cohort="October"), cohort.add("Carl")
    cohort.keep(cohort.add("<b>Eve</b>"), "msk-cr-01", 1.0)
    made = {CHEST: cohort.read(ada, CHEST, wrong=("mark",), sure=0.7, day=20).id}
    for number, slug in enumerate(TEN[1:], 1):
        # The second one was wrong, and sure of it.
        value, sure = (0.0, 0.9) if number == 1 else (1.0, 0.7)
        made[slug] = cohort.keep(ada, slug, value, sure=sure, day=20 - number).id
    own = cohort.read(reader, "msk-cr-01").id
    cohort.reviews.say(own, bert.id, f"Look at the cortex.\n{SCRIPT}", now=BEGUN)
    sessions = Sessions(cohort.attempts.engine)
    test = sessions.start(carl.id, Plan((CHEST, "msk-cr-01"), "test"), now=BEGUN)
    sealed = sessions.open(test, 0, cohort.cases[CHEST].version, now=BEGUN)
    cohort.read(carl, CHEST, attempt=sealed)
    cohort.attempts.close()
    return Ward(serve(READOUT_DATABASE_URL=url), ada, carl, made, "msk-cr-01")


@pytest.fixture(scope="module")
def resident(browser: Browser, ward: Ward) -> Iterator[ReadPage]:
    context = browser.new_context(viewport=WINDOW)
    yield ReadPage(context.new_page(), ward.server)
    context.close()


def attempt_open(resident: ReadPage, ward: Ward, slug: str = CHEST) -> Page:
    """Open Ada's attempt at a case, at its first question."""
    resident.page.goto(ward.address(ward.ada, ward.attempts[slug]))
    resident.ready()
    return resident.page


def steps(page: Page) -> str:
    return page.locator(".st-key-review-steps .ro-place").inner_text()


def test_ten_cases_of_a_student_are_one_screen_and_each_opens(resident: ReadPage, ward: Ward) -> None:
    page = resident.page
    page.goto(f"{ward.server.url}/review")
    page.get_by_role("table", name="Students").get_by_role("button", name="Ada Byron").click()
    table = page.get_by_role("table", name="Attempts")
    expect(table.locator("tbody tr")).to_have_count(10)
    resident.rest()
    assert page.evaluate(_OVERFLOW) == [0, 0]
    expect(table.locator("tbody tr").last).to_be_in_viewport(ratio=1)
    expect(page.locator(".ro-three")).to_contain_text(
        re.compile(r"10 attempts.*% mean score.*% sure, and \d+% right", re.S)
    )
    first = page.locator(".st-key-first-0")
    expect(first).to_contain_text("90% sure of an answer that was wrong")
    expect(page.locator(".st-key-first-1")).to_contain_text(re.compile("a finding was"))
    assert violations(page) == []
    table.locator("tbody tr").first.get_by_role("button").click()
    resident.ready()
    assert ward.attempts[CHEST] in page.url


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_the_images_and_the_answers_fit_the_window(browser: Browser, ward: Ward, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = attempt_open(ReadPage(context.new_page(), ward.server), ward)
    width, height = page.evaluate(_OVERFLOW)
    assert width <= 0
    assert height <= 0 or size[0] < 640
    expect(page.locator(".st-key-review-steps")).to_be_visible()
    context.close()


def test_marks_and_outlines_are_on_the_right_image_with_answer_and_truth_beside(resident: ReadPage, ward: Ward) -> None:
    page = attempt_open(resident, ward)
    resident.shows(frame=finding_place(CHEST)[0] + 1)
    expect(page.locator("svg .rv-outline").first).to_be_attached()
    panel = page.locator(".st-key-panel")
    expect(panel).to_contain_text("Student: no finding")
    expect(panel).to_contain_text("Right: the green outline")
    expect(panel).to_contain_text("70% sure")
    expect(panel).to_contain_text(re.compile("Search|Recognition"))
    assert violations(page) == []


def test_questions_and_attempts_are_gone_through_by_keyboard_and_the_help_says_how(
    resident: ReadPage, ward: Ward
) -> None:
    page = attempt_open(resident, ward)
    total = int(steps(page).split(" of ")[1])
    for number in range(2, total + 1):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".st-key-review-steps .ro-place")).to_have_text(f"Question {number} of {total}")
        resident.rest()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".st-key-review-steps .ro-place")).to_have_text("The whole case")
    expect(page.get_by_role("button", name="Replay this reading")).to_be_visible()
    resident.rest()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".st-key-review-steps .ro-place")).to_have_text(f"Question {total} of {total}")
    resident.rest()
    # The viewer's own keys are still its own.
    resident.go_to(3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys and gestures")).to_contain_text("Discuss: on the list, then settled")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url(re.compile(ward.attempts[TEN[1]]))
    resident.ready()
    page.keyboard.press("Shift+O")
    expect(page.get_by_role("table", name="Attempts")).to_be_visible()


def test_a_comment_is_written_by_keyboard_shown_as_text_and_withdrawn(resident: ReadPage, ward: Ward) -> None:
    page = attempt_open(resident, ward)
    page.keyboard.press("Shift+C")
    field = page.get_by_label("Comment for the student")
    expect(field).to_be_focused()
    # Typing is not for the viewer.
    page.keyboard.type(f"Read the apices. {SCRIPT}")
    page.keyboard.press("Control+Enter")
    comment = page.locator(".st-key-panel .ro-comment")
    expect(comment).to_contain_text(f"Read the apices. {SCRIPT}")
    expect(comment.locator("script, img")).to_have_count(0)
    expect(field).to_have_value("")
    assert page.title() != "taken"
    page.keyboard.press("Escape")
    resident.rest()
    page.get_by_role("button", name="Withdraw").click()
    expect(comment).to_have_count(0)


def test_what_is_flagged_stands_on_the_list_of_all_students_until_it_is_settled(resident: ReadPage, ward: Ward) -> None:
    page = attempt_open(resident, ward)
    page.keyboard.press("Shift+D")
    expect(page.get_by_role("button", name="Settle")).to_be_visible()
    resident.rest()
    page.keyboard.press("Shift+D")
    expect(page.get_by_role("button", name="Discuss")).to_be_visible()
    resident.rest()
    page.keyboard.press("Shift+D")
    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_role("button", name="Discuss")).to_be_visible()
    resident.rest()
    page.keyboard.press("Shift+D")
    expect(page.get_by_role("button", name="Settle")).to_be_visible()
    resident.rest()
    page.goto(f"{ward.server.url}/review")
    entry = page.locator("[class*='st-key-discuss-']")
    expect(entry).to_contain_text("Ada Byron")
    expect(page.get_by_role("table", name="Students")).to_contain_text("<b>Eve</b>")
    resident.rest()
    assert violations(page) == []
    entry.get_by_role("button", name="Open").click()
    resident.ready()
    expect(page.get_by_role("button", name="Settle")).to_be_visible()
    page.goto(f"{ward.server.url}/review")
    entry.get_by_role("button", name="Settle").click()
    expect(entry).to_have_count(0)
    page.get_by_text("Settled: 1").click()
    expect(page.get_by_text(re.compile("^Ada Byron: "))).to_be_visible()


def test_a_test_that_goes_on_is_shown_to_the_resident_alone_and_only_when_asked(resident: ReadPage, ward: Ward) -> None:
    page = resident.page
    page.goto(ward.address(ward.carl))
    row = page.get_by_role("table", name="Attempts").locator("tbody tr")
    expect(row).to_contain_text("test goes on")
    row.get_by_role("button").click()
    expect(page.get_by_text("belongs to a test that goes on")).to_be_visible()
    resident.rest()
    expect(page.locator(".rv")).to_have_count(0)
    page.get_by_role("button", name="Show it to me alone").click()
    resident.ready()
    expect(page.locator("svg .rv-outline").first).to_be_attached()


def test_a_student_finds_the_comment_with_the_answers_and_it_is_text(resident: ReadPage, ward: Ward) -> None:
    page = resident.open(ward.own).page
    comment = page.locator(".ro-comment")
    expect(comment).to_contain_text("Look at the cortex.")
    expect(comment).to_contain_text(SCRIPT)
    expect(comment.locator("script, img")).to_have_count(0)
    assert page.title() != "taken"
