"""``readout pacs``: search a hospital's PACS, pull a study into a draft case through the gate, push a case's images."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import data_folder

if TYPE_CHECKING:
    from cases.pacs import Pacs

pacs = typer.Typer(help="Studies of your own PACS over DICOMweb.", no_args_is_help=True)


def open_pacs() -> "Pacs":
    """Connect to the PACS that the settings name.

    Raises
    ------
    SeriesUnavailableError
        None is named, or the settings cannot be read.
    """
    from cases.pacs import Pacs, PacsSettings

    return Pacs(PacsSettings.read(os.environ, data_folder() / "pacs.toml"))


@pacs.command()
def search(
    patient: Annotated[str, typer.Option(help="Beginning of the patient's name.")] = "",
    patient_id: Annotated[str, typer.Option("--id", help="Patient ID.")] = "",
    dates: Annotated[str, typer.Option(help="YYYYMMDD, or a range YYYYMMDD-YYYYMMDD.")] = "",
    modality: Annotated[str, typer.Option(help="One of the study's modalities, such as CT.")] = "",
) -> None:
    """Find studies, the newest first."""
    with _faults(), open_pacs() as connection:
        studies = connection.search(patient=patient, patient_id=patient_id, dates=dates, modality=modality)
    for study in studies:
        modalities = "/".join(study.modalities)
        typer.echo(f"{study.uid}  {study.date}  {modalities:12}  {study.patient}  {study.description}")
    typer.echo(f"{len(studies)} studies", err=True)


@pacs.command()
def pull(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID, as search lists it.")],
    name: Annotated[str, typer.Option(help="Name of the new draft, such as chest-ct-01.")] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="HOLD=CHOICE[:…]", help="Decide about what is held, as for `readout import`."),
    ] = None,
) -> None:
    """Take a study through the gate into a new draft."""
    from cases.draft import Drafts
    from cases.gate import Decisions
    from cases.importing import Offer
    from pages.intake import admit_offer, parse_answers

    drafts = Drafts(data_folder())
    with _faults(), tempfile.TemporaryDirectory(prefix="readout-") as folder:
        slug = name or drafts.free_slug("draft")
        drafts.check_slug(slug)
        decisions = Decisions(slug, parse_answers(answer or []))
        with open_pacs() as connection:
            files = connection.pull(study, Path(folder), lambda _: None, threading.Event())
        offer = Offer(tuple(files), ("Pulled from a PACS over DICOMweb.",))
        report = admit_offer(offer, drafts, decisions, progress=lambda _done, _total, _what: None)
    typer.echo("\n".join(report.lines()))
    if report.held:
        typer.echo("nothing is kept: decide about what is held with --answer, then pull again.", err=True)
        raise typer.Exit(1)
    typer.echo(f"pulled as draft {slug}: {len(report.files)} files")


@pacs.command()
def push(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case whose images are on this machine.")],
) -> None:
    """Store the images of a case in the PACS."""
    from cases.catalogue import Catalogue
    from cases.draft import Drafts
    from commands import image_folder
    from commands.fetch import ROOTS

    with _faults():
        data = data_folder()
        drafts = Drafts(data)
        found = Catalogue(*ROOTS, drafts.published, drafts=drafts.drafts, images=image_folder(data)).case(case)
        files = [file for series in found.series for file in series.files()]
        with open_pacs() as connection:
            connection.push(files, _counter(len(files)))
    typer.echo(f"{case}: {len(files)} images stored")


def _counter(total: int) -> Callable[[int], None]:
    def tell(count: int) -> None:
        if count % 50 == 0 or count == total:
            typer.echo(f"{count} of {total}", err=True)

    return tell


@contextmanager
def _faults() -> Iterator[None]:
    from cases import CaseError

    try:
        yield
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
