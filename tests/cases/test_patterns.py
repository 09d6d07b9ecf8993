"""Every section has a search pattern, and none of them answers a case."""

import pytest

from cases.case import SECTIONS
from cases.catalogue import Catalogue
from cases.patterns import search_pattern
from tests.browser.traffic import answers, names
from tests.browser.truth import LIBRARY


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_a_pattern_of_a_few_short_steps(section: str) -> None:
    steps = search_pattern(section)
    assert 5 <= len(steps) <= 9
    assert all(10 < len(step) < 160 and step.endswith((".", "?")) for step in steps)
    assert len(set(steps)) == len(steps)


def test_no_pattern_names_what_a_case_asks_for() -> None:
    said = "\n".join(step for section in SECTIONS for step in search_pattern(section)).casefold()
    for case in Catalogue(LIBRARY).cases:
        for secret in {*answers(case.slug), *names(case.slug)}:
            # Short ones are abbreviations, which occur within words.
            assert len(secret) < 5 or secret.casefold() not in said, (case.slug, secret)
