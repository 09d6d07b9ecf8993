"""What was committed is kept: through a reload, in a second tab, and when the server is killed."""

import json
import sqlite3

from playwright.sync_api import BrowserContext, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.truth import quiz_file

SLUG = "msk-cr-01"
MARK, DESCRIPTION, DIFFERENTIAL, _ = quiz_file(SLUG)


def kept(server: Server) -> dict[str, dict]:
    connection = sqlite3.connect(server.data / "readout.sqlite3")
    try:
        return {
            name: json.loads(answer) for name, answer in connection.execute('SELECT question_id, answer FROM "commit"')
        }
    finally:
        connection.close()


def asked(reader: ReadPage, question: dict, number: int) -> None:
    expect(reader.page.get_by_text(f"Question {number} of 4")).to_be_visible()
    expect(reader.page.get_by_text(question["prompt"])).to_be_visible()


def test_a_committed_answer_survives_reload_second_tab_and_killed_server(
    context: BrowserContext, fresh_server: Server
) -> None:
    first = ReadPage(context.new_page(), fresh_server).open(SLUG)
    asked(first, MARK, 1)
    first.mark((905, 1115))
    first.commit(90)
    asked(first, DESCRIPTION, 2)
    mark = kept(fresh_server)["mark"]

    first.page.reload()
    first.ready()
    asked(first, DESCRIPTION, 2)

    second = ReadPage(context.new_page(), fresh_server).open(SLUG)
    asked(second, DESCRIPTION, 2)

    # Both tabs answer the same question: the first commit stands, and the second tab moves on with it.
    wrong = next(option for option in DESCRIPTION["options"] if option != DESCRIPTION["answer"])
    first.choose(DESCRIPTION["answer"])
    second.choose(wrong)
    first.sure(80)
    second.sure(100)
    first.lock()
    asked(first, DIFFERENTIAL, 3)
    second.lock()
    asked(second, DIFFERENTIAL, 3)
    assert kept(fresh_server) == {"mark": mark, "description": {"choice": DESCRIPTION["answer"]}}

    fresh_server.kill()
    fresh_server.start()
    assert kept(fresh_server) == {"mark": mark, "description": {"choice": DESCRIPTION["answer"]}}
    first.page.reload()
    first.ready()
    asked(first, DIFFERENTIAL, 3)
    # The mark that was committed is still on the image.
    expect(first.page.locator("svg .rv-mark")).to_have_count(1)
    context.clear_cookies()
    another = ReadPage(context.new_page(), fresh_server).open(SLUG)
    asked(another, DIFFERENTIAL, 3)


def test_what_is_not_committed_may_still_be_changed(context: BrowserContext, fresh_server: Server) -> None:
    reader = ReadPage(context.new_page(), fresh_server).open(SLUG)
    reader.mark((905, 1115))
    cross = reader.page.locator("svg .rv-mark")
    expect(cross).to_have_count(1)
    reader.press("Control+z")
    expect(cross).to_have_count(0)
    expect(reader.page.get_by_text("Marked.", exact=False)).to_have_count(0)
    expect(reader.page.get_by_role("button", name="Commit")).to_be_disabled()
    reader.mark((700, 900))
    reader.click(reader.at((800, 1000)))
    expect(cross).to_have_count(1)
    reader.rest()
    reader.commit()
    [mark] = kept(fresh_server)["mark"]["marks"]
    assert [round(value) for value in mark["point"]] == [800, 1000]
