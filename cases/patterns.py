"""A search pattern for each section: the order in which to look, standard textbook knowledge, no case's own.

What a case teaches about looking stands in its ``teaching.md`` and is shown after committing; these may be read before.
"""

import tomllib
from functools import cache
from pathlib import Path

__all__ = ["search_pattern"]

_FILE = Path(__file__).with_name("patterns.toml")


def search_pattern(section: str) -> tuple[str, ...]:
    """Return the steps of a section's search pattern, a key of `cases.case.SECTIONS`."""
    return _patterns()[section]


@cache
def _patterns() -> dict[str, tuple[str, ...]]:
    written = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {section: tuple(one["steps"]) for section, one in written.items()}
