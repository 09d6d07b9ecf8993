"""``readout fetch``: download cases from the open archive, or remove their images again."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from commands import data_folder, image_folder, image_store

if TYPE_CHECKING:
    from cases.case import Case
    from cases.downloads import ImageStore, Tally

ROOTS = tuple(Path(__file__).parents[1] / "cases" / name for name in ("library", "open_archive"))


def fetch(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[CASE]…", help="Cases to download.")] = None,
    section: Annotated[str, typer.Option(help="All cases of a section, such as breast.")] = "",
    all_under: Annotated[float | None, typer.Option(metavar="MB", min=0, help="Only cases of at most MB.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove their images from this machine.")] = False,
) -> None:
    """Download the images of cases from the open archive; goes on where an earlier try ended."""
    cases = _chosen(slugs or [], section, all_under)
    store = image_store(data_folder())
    if remove:
        freed = sum(store.remove(case) for case in cases)
        typer.echo(f"{freed / 1e6:.1f} MB freed")
        return
    failed = [case.slug for case in cases if not _fetch(store, case)]
    typer.echo(f"{len(cases) - len(failed)} of {len(cases)} cases are on this machine", err=True)
    raise typer.Exit(1 if failed else 0)


def _chosen(slugs: Sequence[str], section: str, all_under: float | None) -> "list[Case]":
    """Give the cases that a call names; a call that names none, or one that is not there, is a wrong call."""
    from cases.case import SECTIONS
    from cases.catalogue import Catalogue

    cases = [case for case in Catalogue(*ROOTS, images=image_folder(data_folder())).cases if case.downloads]
    unknown = set(slugs) - {case.slug for case in cases}
    if section and section not in SECTIONS:
        _refuse(f'there is no section "{section}"; there are: {", ".join(SECTIONS)}.')
    if unknown:
        _refuse(f"no case to download is named {', '.join(sorted(unknown))}. `readout cases` lists them.")
    if not slugs and not section and all_under is None:
        _refuse("name cases, or give --section or --all-under.")
    chosen = [
        case
        for case in cases
        if (not slugs or case.slug in slugs)
        and (not section or section in case.sections)
        and (all_under is None or case.megabytes <= all_under)
    ]
    if not chosen:
        _refuse("no case fits. Give another section or a larger size.")
    return chosen


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _fetch(store: "ImageStore", case: "Case") -> bool:
    """Download one case, with a line of progress where somebody watches; Ctrl C stops and keeps what has come."""
    from cases.downloads import Tally
    from cases.jobs import Progress

    tally, stop = Tally(), threading.Event()
    trouble: list[str] = []
    worker = threading.Thread(target=_work, args=(store, case, tally, stop, trouble), daemon=True)
    worker.start()
    total = round(case.megabytes * 1e6)
    try:
        while worker.is_alive():
            worker.join(0.25)
            if sys.stderr.isatty():
                text = str(Progress("running", tally.bytes, total, tally.bytes_per_s, ""))
                typer.echo(f"\r{case.slug}: {text}\033[K", err=True, nl=False)
    except KeyboardInterrupt:
        stop.set()
        worker.join()
        typer.echo(f"\n{case.slug}: stopped; the next try goes on from here", err=True)
        raise typer.Exit(1) from None
    if sys.stderr.isatty():
        typer.echo("\r\033[K", err=True, nl=False)
    typer.echo(f"{case.slug}: {trouble[0] if trouble else f'{tally.bytes / 1e6:.1f} MB, whole'}")
    return not trouble


def _work(store: "ImageStore", case: "Case", tally: "Tally", stop: threading.Event, trouble: list[str]) -> None:
    from cases import CaseError
    from cases.sources import Stopped

    try:
        store.fetch(case, tally, stop)
    except Stopped:
        trouble.append("stopped")
    except CaseError as error:
        trouble.append(str(error))
    except Exception as error:  # the thread's end must not look like success
        trouble.append(f"unexpected: {type(error).__name__}: {error}. Please report it.")
