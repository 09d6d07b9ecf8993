"""One TOML file of a draft on the page: each field shows what the file says, and saves what is typed into it.

Nothing is kept in the session but how often the file's structure has changed: a widget's key names its place in the
file, so when places move, all widgets start anew from the file.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
import tomlkit
from tomlkit.items import AoT, Table

from cases.draft import Draft

Fields = Any
"""A table of the file: tomlkit's document or one of its tables."""


class Sheet:
    """A draft's ``case.toml`` or ``quiz.toml`` for one run of the page; call `save` at its end."""

    def __init__(self, draft: Draft, name: str) -> None:
        self.draft = draft
        self.name = name
        self.document: Fields = draft.table(name)

    def save(self) -> bool:
        """Write the file when something has changed."""
        return self.draft.save(self.name, self.document)

    def changed(self) -> None:
        """Write the file after a structural change, and draw the page anew from it."""
        self.save()
        st.session_state[self._generation] = st.session_state.get(self._generation, 0) + 1
        st.rerun()

    @property
    def _generation(self) -> str:
        return f"sheet-{self.draft.slug}-{self.name}"

    def key(self, place: str) -> str:
        """Give the key of a widget at a place of the file."""
        return f"{self._generation}-{st.session_state.get(self._generation, 0)}-{place}"

    def opened(self, place: str, *, at_first: bool) -> bool:
        """Tell whether a part stands open: as at first, so that it does not close under the author's hands."""
        return bool(st.session_state.setdefault(self.key(f"{place}opened"), at_first))

    def text(
        self,
        table: Fields,
        name: str,
        label: str,
        place: str = "",
        *,
        rows: int = 1,
        hint: str = "",
        optional: bool = False,
    ) -> str:
        """Edit a text of one line, or of several; an optional one that is empty is not in the file."""
        old = str(table.get(name, ""))
        key, hint_or_none = self.key(f"{place}{name}"), hint or None
        if rows == 1:
            new = st.text_input(label, old, key=key, help=hint_or_none)
        else:
            new = st.text_area(label, old, key=key, help=hint_or_none, height=rows * 24 + 20)
        if new.strip() != old.strip():
            table[name] = tomlkit.string(new.strip(), multiline="\n" in new.strip())
        if optional and not new.strip():
            table.pop(name, None)
        return new.strip()

    def optional(self, table: Fields, name: str, label: str, place: str = "", *, whole: bool = False) -> None:
        """Edit a number that may be left out."""
        old = table.get(name)
        new = st.number_input(
            label,
            value=None if old is None else int(old) if whole else float(old),
            min_value=1 if whole else None,
            step=1 if whole else None,
            key=self.key(f"{place}{name}"),
            placeholder="none",
        )
        if new is None and old is not None:
            del table[name]
        elif new is not None and new != old:
            table[name] = new

    def number(self, table: Fields, name: str, label: str, place: str = "", *, whole: bool = False) -> None:
        """Edit a number that has to be there."""
        old = table.get(name, 1 if whole else 0.0)
        key = self.key(f"{place}{name}")
        new: float = (
            st.number_input(label, value=int(old), min_value=1, step=1, key=key)
            if whole
            else st.number_input(label, value=float(old), key=key, step=1.0, format="%g")
        )
        if new != old or name not in table:
            table[name] = new

    def choice(
        self,
        table: Fields,
        name: str,
        label: str,
        options: Sequence[str],
        place: str = "",
        *,
        shown: Callable[[str], str] = str,
        empty: str = "",
    ) -> str:
        """Choose one of several; with `empty` also none, which takes the key out of the file."""
        old = str(table.get(name, ""))
        offered = ([""] if empty or old not in options else []) + list(options)
        new = st.selectbox(
            label,
            offered,
            index=offered.index(old) if old in offered else 0,
            format_func=lambda key: shown(key) if key else empty or "choose …",
            key=self.key(f"{place}{name}"),
        )
        if new and new != old:
            table[name] = new
        elif not new and empty and name in table:
            del table[name]
        return new or ""

    def several(
        self,
        table: Fields,
        name: str,
        label: str,
        options: Sequence[str],
        place: str = "",
        *,
        shown: Callable[[str], str] = str,
        optional: bool = False,
    ) -> None:
        """Choose any number of several; an optional list that is empty is not in the file."""
        written = [str(value) for value in table.get(name, [])]
        new = st.multiselect(
            label,
            options,
            [value for value in written if value in options],
            format_func=shown,
            key=self.key(place + name),
        )
        if new != written:
            table[name] = new
        if optional and not new:
            table.pop(name, None)

    def lines(
        self, table: Fields, name: str, label: str, place: str = "", *, hint: str = "", lower: bool = False
    ) -> None:
        """Edit a list of texts, one on each line."""
        old = [str(value) for value in table.get(name, [])]
        typed = st.text_area(label, "\n".join(old), key=self.key(f"{place}{name}"), help=hint or None, height=110)
        new = [(line.strip().lower() if lower else line.strip()) for line in typed.splitlines() if line.strip()]
        if new != old:
            table[name] = new

    def flag(self, table: Fields, name: str, label: str, place: str = "") -> bool:
        """Edit a yes or no; no takes the key out of the file."""
        old = bool(table.get(name, False))
        new = st.checkbox(label, old, key=self.key(f"{place}{name}"))
        if new != old:
            table[name] = new
        return new

    def tables(self, name: str) -> list[Fields]:
        """Give the tables of an array."""
        return list(self.document.get(name, []))

    def add(self, name: str, values: dict[str, Any], within: Fields | None = None) -> None:
        """Add a table to an array, which is made if need be, and draw the page anew."""
        owner = self.document if within is None else within
        array = owner.get(name)
        if not isinstance(array, AoT):
            owner.pop(name, None)
            array = tomlkit.aot()
            owner[name] = array
            array = owner[name]
        array.append(_table(values))
        self.changed()

    def arrange(self, name: str, index: int, place: str, within: Fields | None = None) -> None:
        """Offer to move a table of an array up or to remove it."""
        owner = self.document if within is None else within
        with st.container(horizontal=True, gap="small"):
            up = index and st.button("Move up", key=self.key(f"{place}up"), icon=":material/arrow_upward:")
            away = st.button("Remove", key=self.key(f"{place}away"), icon=":material/delete:")
        if not up and not away:
            return
        rows = [row.unwrap() for row in owner[name]]
        if up:
            rows[index - 1], rows[index] = rows[index], rows[index - 1]
        else:
            del rows[index]
        array = tomlkit.aot()
        for row in rows:
            array.append(_table(row))
        owner[name] = array
        self.changed()


def _table(values: dict[str, Any]) -> Table:
    """Make a table; lists of tables in it become arrays of tables."""
    table = tomlkit.table()
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = tomlkit.aot()
            for one in value:
                inner.append(_table(one))
            table[key] = inner
        else:
            table[key] = value
    return table
