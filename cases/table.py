"""A TOML table read key by key: typed values come out, and every fault is kept, not the first one raised.

A value that is missing or of the wrong type is noted and replaced by an empty one of the right type, so that
reading goes on and the author sees all faults at once. Nothing here knows what a case is.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

from cases import Fault


class Table:
    """One TOML table; call `finish` when every known key has been read. Lives as long as one reading."""

    def __init__(self, data: Mapping[str, object], file: str, where: str, faults: list[Fault]) -> None:
        self.data = data
        self._file = file
        self._where = where
        self._faults = faults
        self._known: set[str] = set()

    def fault(self, key: str, message: str) -> None:
        """Note a fault of one key, or of the whole table when `key` is empty."""
        place = ".".join(part for part in (self._where, key) if part)
        self._faults.append(Fault(self._file, place, message))

    def has(self, key: str) -> bool:
        """Tell whether the key is there, and count it as known."""
        self._known.add(key)
        return key in self.data

    def text(self, key: str, *, required: bool = True) -> str:
        """Read a string, stripped; empty where it may be left out."""
        value = self._value(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(key, f"found {_kind(value)}, expected a text. Put it in quotes.")
            return ""
        if required and not value.strip():
            self.fault(key, "is empty, expected a text. Fill it in.")
        return value.strip()

    def choice(self, key: str, allowed: Collection[str], *, required: bool = True) -> str:
        """Read a string that is one of `allowed`."""
        value = self.text(key, required=required)
        if value and value not in allowed:
            self.fault(key, f'found "{value}", expected one of {", ".join(allowed)}. Choose one of these.')
        return value

    def flag(self, key: str) -> bool:
        """Read a boolean; false where it is left out."""
        value = self._value(key, required=False)
        if value is not None and not isinstance(value, bool):
            self.fault(key, f"found {_kind(value)}, expected true or false. Write it without quotes.")
        return value is True

    def integer(self, key: str, lowest: int, highest: int | None = None) -> int:
        """Read a whole number from `lowest` to `highest`, both included."""
        value = self._value(key, required=True)
        if value is None:
            return lowest
        span = f"from {lowest}" + ("" if highest is None else f" to {highest}")
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, f"found {_kind(value)}, expected a whole number {span}. Write it without quotes.")
            return lowest
        if value < lowest or (highest is not None and value > highest):
            self.fault(key, f"found {value}, expected a whole number {span}. Correct it.")
        return value

    def number(self, key: str, *, above: float | None = None) -> float:
        """Read a finite number, greater than `above` where that is given."""
        value = self._value(key, required=True)
        if value is None:
            return 0.0
        if not _is_number(value):
            self.fault(key, f"found {_kind(value)}, expected a number. Write it without quotes.")
            return 0.0
        found = float(value)  # type: ignore[arg-type]
        if above is not None and found <= above:
            self.fault(key, f"found {found:g}, expected more than {above:g}. Correct it.")
        return found

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Read a list of exactly `count` finite numbers; all zero when it is wrong."""
        value = self._value(key, required=True)
        if value is None:
            return (0.0,) * count
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            self.fault(key, f"found {_kind(value)}, expected a list of {count} numbers. Correct it.")
            return (0.0,) * count
        return tuple(map(float, value))

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Read a list of non-empty strings; a required one has at least one."""
        value = self._value(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.fault(key, f"found {_kind(value)}, expected a list of texts. Correct it.")
            return ()
        if required and not value:
            self.fault(key, "is empty, expected at least one text. Fill it in.")
        return tuple(item.strip() for item in value)

    def table(self, key: str) -> Self:
        """Read a table that has to be there."""
        value = self._value(key, required=True)
        if value is not None and not isinstance(value, dict):
            self.fault(key, f"found {_kind(value)}, expected a table. Write it as [{key}].")
        return self._inner(value if isinstance(value, dict) else {}, key)

    def tables(self, key: str, *, required: bool = True) -> list[Self]:
        """Read an array of tables; each is named in faults by its id or name where it has one."""
        value = self._value(key, required=required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(key, f"found {_kind(value)}, expected tables. Write each as [[{key}]].")
            return []
        if required and not value:
            self.fault(key, f"is empty, expected at least one. Add [[{key}]].")
        return [self._inner(item, f"{key}.{_label(item, n)}") for n, item in enumerate(value, start=1)]

    def finish(self) -> None:
        """Note every key that nobody asked for: most of them are typing errors."""
        for key in sorted(set(self.data) - self._known):
            self.fault(key, f"is not a key here, expected {', '.join(sorted(self._known))}. Correct or remove it.")

    def _value(self, key: str, *, required: bool) -> object | None:
        self._known.add(key)
        if key not in self.data and required:
            self.fault(key, "is missing. Add it.")
        return self.data.get(key)

    def _inner(self, data: Mapping[str, object], where: str) -> Self:
        place = ".".join(part for part in (self._where, where) if part)
        return type(self)(data, self._file, place, self._faults)


def read_table(path: Path, faults: list[Fault]) -> Table | None:
    """Read a TOML file as its top table, or note why it cannot be read and give None."""
    text = read_text(path, faults)
    if text is None:
        return None
    try:
        return Table(tomllib.loads(text), path.name, "", faults)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line \d+", str(error))
        faults.append(Fault(path.name, line[0] if line else "", f"not valid TOML: {error}. Correct the syntax."))
        return None


def read_text(path: Path, faults: list[Fault]) -> str | None:
    """Read a text file, or note why it cannot be read and give None."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        faults.append(Fault(path.name, "", "is missing. Add it to the case folder."))
    except UnicodeDecodeError as error:
        faults.append(Fault(path.name, f"byte {error.start}", "is not UTF-8. Save it as UTF-8."))
    except OSError as error:
        faults.append(Fault(path.name, "", f"cannot be read ({error.strerror}). Check its permissions."))
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else "a text"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "a table" if isinstance(value, dict) else str(value)


def _label(item: Mapping[str, object], number: int) -> str:
    name = item.get("id", item.get("name"))
    return name if isinstance(name, str) and name else str(number)
