"""Cases that ask for several marks."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server


def test_a_mark_that_is_committed_does_not_answer_the_next_question(
    context: BrowserContext, fresh_server: Server
) -> None:
    reader = ReadPage(context.new_page(), fresh_server).open("msk-mr-02")
    reader.mark((100, 100))
    reader.commit()
    expect(reader.page.get_by_text("Question 2 of")).to_be_visible()
    expect(reader.page.get_by_text("Press M", exact=False)).to_be_visible()
    expect(reader.page.get_by_role("button", name="Commit")).to_be_disabled()
    reader.mark((200, 220))
    reader.commit()
    expect(reader.page.get_by_text("Question 3 of")).to_be_visible()
