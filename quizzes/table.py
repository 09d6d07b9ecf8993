"""A TOML file, read key by key, into plain values and a list of everything that is wrong with it.

A faulty key is noted and read as an empty value, so that reading goes on and its author sees every fault at
once; the caller throws the values away when `faults` is not empty. It does not know what the keys mean.
"""

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import overload

from rapidfuzz import process

from quizzes import Fault

__all__ = ["Table", "read_table"]


class Table:
    """One table of a TOML file; asking for a key notes what is wrong with it in `faults`."""

    def __init__(self, values: Mapping[str, object], *, file: str, place: str, faults: list[Fault]) -> None:
        self.values = values
        self.file = file
        self.place = place
        self.faults = faults
        self._asked: set[str] = set()

    def note(self, key: str, message: str) -> None:
        """Note a fault at a key of this table."""
        self.faults.append(Fault(self.file, ".".join(filter(None, (self.place, key))), message))

    def text(self, key: str, *, required: bool = True) -> str:
        """Return the text at `key` without the space around it, empty where there is none."""
        value = self._take(key)
        if value is None and not required:
            return ""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.note(key, f"found {_shown(value)}, expected text. Write it.")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at `key`; an absent list is empty."""
        value = self._take(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
            return tuple(item.strip() for item in value)
        self.note(key, f'found {_shown(value)}, expected a list of texts. Write it as ["one", "two"].')
        return ()

    def identifier(self, key: str) -> str:
        """Return the name at `key`: lower-case letters, digits and hyphens; empty where there is none."""
        name = self.text(key)
        if not name or re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
            return name
        self.note(key, f'found "{name}", expected lower-case letters, digits and hyphens. Correct it.')
        return ""

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Return the word at `key`, one of those allowed, or empty."""
        value = self._take(key)
        if isinstance(value, str) and value in allowed:
            return value
        self.note(key, f"found {_shown(value)}, expected one of {', '.join(allowed)}.{_nearest(value, allowed)}")
        return ""

    @overload
    def positive(self, key: str, *, default: float) -> float: ...
    @overload
    def positive(self, key: str, *, default: None) -> float | None: ...
    def positive(self, key: str, *, default: float | None) -> float | None:
        """Return the number above zero at `key`, or the default where there is none."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        self.note(key, f"found {_shown(value)}, expected a number above 0. Correct it.")
        return default

    def number(self, key: str) -> float:
        """Return the number at `key`, 0 where there is none."""
        value = self._take(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        self.note(key, f"found {_shown(value)}, expected a number. Correct it.")
        return 0.0

    def ordinal(self, key: str) -> int | None:
        """Return the number counted from 1 at `key`, or None where there is none."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.note(key, f"found {_shown(value)}, expected a whole number counted from 1. Correct it.")
        return None

    def flag(self, key: str) -> bool:
        """Return the truth value at `key`; an absent one is false."""
        value = self._take(key)
        if not isinstance(value, bool | None):
            self.note(key, f"found {_shown(value)}, expected true or false. Correct it.")
        return value is True

    def tables(self, key: str) -> list["Table"]:
        """Return the array of tables at `key`, each placed as ``key[n]``, counted from 1."""
        value = self._take(key)
        rows = value if isinstance(value, list) else []
        if not rows or not all(isinstance(row, dict) for row in rows):
            place = f"{self.place}.{key}".removeprefix(".").split("[")[0]
            self.note(key, f"found {_shown(value)}, expected one [[{key}]] or more. Add it to {place}.")
            return []
        return [self.below(row, f"{key}[{number}]") for number, row in enumerate(rows, 1)]

    def each(self) -> Iterator[tuple[str, "Table"]]:
        """Go through the tables in this table by their keys."""
        for key in self.values:
            value = self._take(key)
            if isinstance(value, dict):
                yield key, self.below(value, key)
            else:
                self.note(key, f"found {_shown(value)}, expected a table. Write {key} = {{ … }}.")

    def below(self, values: Mapping[str, object], name: str) -> "Table":
        """Return a table inside this one, which notes its faults in the same list."""
        place = ".".join(filter(None, (self.place, name)))
        return Table(values, file=self.file, place=place, faults=self.faults)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                near = _nearest(key, self._asked)
                self.note(key, f"found an unknown key, expected one of {', '.join(sorted(self._asked))}.{near}")

    def _take(self, key: str) -> object:
        self._asked.add(key)
        return self.values.get(key)


def read_table(path: Path, faults: list[Fault]) -> Table:
    """Read a TOML file; one that cannot be read is noted and comes back empty."""
    values: dict[str, object] = {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(Fault(path.name, "", f"cannot be read: {error.strerror}. Put the file in its place."))
    except UnicodeDecodeError as error:
        faults.append(Fault(path.name, "", f"byte {error.start} is not UTF-8. Save the file as UTF-8."))
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(path.name, "", f"not TOML: {error}. Correct the syntax."))
    return Table(values, file=path.name, place="", faults=faults)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _nearest(value: object, allowed: Collection[str]) -> str:
    near = process.extractOne(str(value), sorted(allowed), score_cutoff=60) if value is not None else None
    return f" Did you mean {near[0]}?" if near else " Correct or remove it."
