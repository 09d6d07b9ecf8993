"""A table whose rows open something: one component, so that ten cases fit on a screen and names are only ever text."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamlit.components.v2 import component

_SCRIPT = """
export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector("table");
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const [head, body] = [document.createElement("thead"), document.createElement("tbody")];
  table.setAttribute("aria-label", data.label);
  const heads = make("tr", "", head);
  for (const name of data.head) make("th", name, heads).scope = "col";
  for (const { id, cells, quiet } of data.rows) {
    const row = make("tr", "", body);
    row.classList.toggle("ro-quiet", quiet);
    cells.forEach(({ text, share, tone }, n) => {
      const cell = make("td", "", row);
      if (tone) cell.className = "ro-" + tone;
      if (n === 0 && id) {
        const button = make("button", text, cell);
        button.type = "button";
      } else make("span", text, cell);
      if (share !== null) cell.style.setProperty("--share", share), cell.classList.add("ro-share");
    });
    if (!id) continue;
    row.classList.add("ro-opens");
    row.addEventListener("click", () => setTriggerValue("open", id));
  }
  table.replaceChildren(head, body);
}
"""


_HTML = '<div class="ro-scroll"><table class="ro-table ro-rows"></table></div>'


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    """Any text, never markup."""
    share: float | None = None
    """0 to 1, drawn as a bar beneath; None without."""
    tone: str = ""
    """``good``, ``warn`` or empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    id: str
    """What is given when it is opened; empty for one that does not open."""
    cells: Sequence[Cell | str]
    """In the order of the heads; the first one is the way in."""
    quiet: bool = False
    """Whether it stands back."""


def rows(label: str, head: Sequence[str], lines: Sequence[Row], *, key: str) -> str:
    """Draw the table; give the id of the row that was opened just now, or an empty text."""
    table = component("readout_rows", html=_HTML, js=_SCRIPT, isolate_styles=False)
    data = {"label": label, "head": list(head), "rows": [_row(line) for line in lines]}
    return str(table(data=data, key=key, on_open_change=_nothing).open or "")


def _row(row: Row) -> dict[str, object]:
    cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row.cells]
    said = [{"text": cell.text, "share": cell.share, "tone": cell.tone} for cell in cells]
    return {"id": row.id, "cells": said, "quiet": row.quiet}


def _nothing() -> None:
    """Streamlit reruns the page for a component's trigger only when it has a callback."""
