"""One browser for all tests of a process, a server for those that only look, and fresh ones for those that answer.

They live as long as this folder's tests: Playwright keeps an event loop, which other tests must not find running.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.reading import ReadPage
from tests.browser.serving import Server

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test has fetched in the browser's stead counts as remote, and this server as local.
    "--disable-features=LocalNetworkAccessChecks",
]
WINDOW = {"width": 1440, "height": 900}

# Nothing here is about time: a busy machine may take long.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Give Chromium without a graphics processor: what a machine without one shows."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    executable = next(found, None)
    if executable is None:
        pytest.fail("Chromium is not on the PATH: `make test` installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers; at the end none of them may have written a traceback."""
    servers = []

    def start(**environment: str) -> Server:
        servers.append(Server(tmp_path_factory.mktemp("data"), environment).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
    for server in servers:
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="package")
def server(serve: Callable[..., Server]) -> Server:
    """Give the server on which nothing is ever committed."""
    return serve()


@pytest.fixture
def fresh_server(serve: Callable[..., Server]) -> Iterator[Server]:
    """Give a server on which nobody has read anything."""
    server = serve()
    yield server
    server.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a new browser profile."""
    context = browser.new_context(viewport=WINDOW)
    yield context
    context.close()


@pytest.fixture
def reader(context: BrowserContext, server: Server) -> ReadPage:
    """Give a new tab in front of the server on which nothing is committed."""
    return ReadPage(context.new_page(), server)


@pytest.fixture(scope="package")
def chest(browser: Browser, server: Server) -> Iterator[ReadPage]:
    """Give the chest CT, opened once for all tests that only look; they take it through `ct`."""
    context = browser.new_context(viewport=WINDOW)
    yield ReadPage(context.new_page(), server).open("thoracic-ct-01")
    context.close()


@pytest.fixture
def ct(chest: ReadPage) -> ReadPage:
    """Give the chest CT as it opens, on image 67."""
    chest.page.mouse.click(700, 20)
    chest.press("Escape", "w", "Space", "0")
    chest.go_to(67)
    return chest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may miss a moment: such a test runs once more, and the summary names it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))
