import re
from pathlib import Path

import cases
import quizzes
import viewer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def errors(package):
    return {name for name, value in vars(package).items() if isinstance(value, type) and issubclass(value, Exception)}


def test_the_readme_tells_what_to_do_about_every_error():
    for package in (cases, viewer, quizzes):
        missing = [name for name in errors(package) if f"`{name}`" not in README]
        assert not missing, f"the table When something goes wrong has no row for {missing}"


def test_every_make_target_that_the_documents_name_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        named = set(re.findall(r"`make (\w+)`|^make (\w+)", (ROOT / name).read_text(), re.MULTILINE))
        assert {one or other for one, other in named} <= targets, name


def test_every_file_that_the_documents_name_is_there():
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        text = (ROOT / name).read_text()
        for link, path in re.findall(r"\]\(([^)#:]+)\)|`((?:cases|viewer|quizzes|pages|tests)/[\w./-]+)`", text):
            wanted = link or path
            assert list(ROOT.glob(wanted.rstrip("/") + "*")), f"{name} names {wanted}"
