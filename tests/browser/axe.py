"""WCAG 2.2 AA as far as a machine can tell, by axe-core inside the real page."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })"


def violations(page: Page) -> list[str]:
    """Name what axe finds wrong with the page as it stands, with the first elements of each."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN, _RULES)["violations"]
    return [f"{one['id']}: {one['help']}\n" + "\n".join(_node(node) for node in one["nodes"][:4]) for one in found]


def _node(node: dict) -> str:
    reason = node.get("failureSummary", "").splitlines()[-1:]
    return f"    {node['html'][:160]} {' '.join(reason)}"
