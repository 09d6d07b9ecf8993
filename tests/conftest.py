import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


_FOLDER = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests, and the servers that they start, out of what the user has in the data folder."""
    folder = config.stash[_FOLDER] = tempfile.mkdtemp(prefix="readout-tests-")
    for name in [name for name in os.environ if name.startswith("READOUT_")]:
        del os.environ[name]
    os.environ["READOUT_DATA"] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def testdata() -> Path:
    """Give the folder of real and synthetic files with expected values that lies beside the project."""
    folder = ROOT.parent / "shared" / "testdata"
    if not folder.is_dir():
        pytest.skip("the test data folder is not beside the project")
    return folder


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run on CI that skipped a test: there, everything that tests need is set up."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
