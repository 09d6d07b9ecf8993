"""The command line: ``readout run``, ``lint``, ``cases``, ``inspect``, ``import``, ``export``, ``score`` and more.

Exit codes: 0 fine, 1 found faults, 2 wrong call. It introduces ``cases``, ``viewer`` and ``quizzes`` to one another
where a command needs more than one of them, and decides nothing itself.
"""

import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands import data_folder, image_folder
from commands.fetch import fetch
from commands.pacs import pacs
from commands.user import check_host, user

if TYPE_CHECKING:
    from cases.case import Case
    from quizzes.questions import Quiz
    from quizzes.scoring import Score
    from viewer.inspection import Report
    from viewer.series import Series
    from viewer.sheet import Tile

ROOT = Path(__file__).parent
LIBRARY = ROOT / "cases" / "library"
OPEN_ARCHIVE = ROOT / "cases" / "open_archive"
LIBRARIES = (LIBRARY, OPEN_ARCHIVE)

main = typer.Typer(
    name="readout",
    help="A radiology teaching reading room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
main.command()(fetch)
main.add_typer(pacs, name="pacs")
main.add_typer(user, name="user")
Libraries = Annotated[
    list[Path] | None,
    typer.Option("--library", help="Folder of cases; Readout's own folders without.", file_okay=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@main.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    to_others: Annotated[
        bool, typer.Option("--open-to-others", help="Without accounts, let other machines read as one person.")
    ] = False,
) -> None:
    """Serve the reading room."""
    check_host(host, to_others=to_others)
    # Streamlit finds its settings beside the app only when it starts there.
    os.chdir(ROOT)
    os.execv(  # noqa: S606
        sys.executable,
        [
            *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")),
            *("--server.address", host, "--server.port", str(port), "--server.headless", "true"),
        ],
    )


@main.command()
def lint(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[CASE]…", help="Cases to check; all without.")] = None,
    library: Libraries = None,
) -> None:
    """Report every fault of every case, with file and key."""
    folders = _folders(library or LIBRARIES, slugs)
    found = [fault for folder in folders for fault in case_faults(folder)]
    for fault in found:
        typer.echo(fault)
    typer.echo(f"{len(folders)} cases, {len(found)} faults", err=True)
    raise typer.Exit(1 if found else 0)


@main.command()
def cases(
    as_json: Json = False,
    library: Libraries = None,
) -> None:
    """List the cases of the library."""
    from cases.catalogue import Catalogue

    catalogue = Catalogue(*(library or LIBRARIES), images=image_folder(data_folder()))
    rows = [_row(case) for case in catalogue.cases]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            typer.echo(f"{row['slug']:24} {row['modality']:3} level {row['level']}  {', '.join(row['sections'])}")
    for fault in catalogue.faults:
        typer.echo(f"left out: {fault}", err=True)
    raise typer.Exit(1 if catalogue.faults else 0)


@main.command()
def inspect(
    path: Annotated[Path, typer.Argument(help="A file, a folder, a ZIP archive or a DICOMDIR.")],
    as_json: Json = False,
) -> None:
    """Tell what DICOM files hold, and for each that cannot be shown, why."""
    if not path.exists():
        from viewer.inspection import refusal

        message = f"{path}: there is no such file or folder. Check the name."
        if as_json:
            typer.echo(json.dumps(refusal(path, message, "unreadable", "SeriesError").as_json(), indent=2))
        typer.echo(message, err=True)
        raise typer.Exit(2)
    # What is odd about a file is in the report; pydicom's own warnings would stand between its lines.
    warnings.simplefilter("ignore")
    report = _inspect(path)
    typer.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False) if as_json else "\n".join(report.lines()))
    raise typer.Exit(0 if report.ok else 1)


@main.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A file, a folder, a DICOMDIR, a ZIP archive or an exported case.")],
    name: Annotated[str, typer.Option(help="Name of the new draft, such as chest-ct-01.")] = "",
    modality: Annotated[str, typer.Option(help="CT or MR, for NIfTI volumes, which do not say.")] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOLD=CHOICE[:…]",
            help="Decide about what is held: burned-in-1=mask:0,0,200,40 or face-1=keep:REASON or =leave-out.",
        ),
    ] = None,
) -> None:
    """Take images through the gate into a new draft, or an exported case into the library."""
    from cases import CaseError
    from cases.draft import Drafts
    from cases.exporting import import_case, is_export
    from cases.gate import Decisions
    from cases.importing import open_offer
    from pages.intake import admit_offer, check_imported, parse_answers

    if not path.exists():
        typer.echo("there is no such file or folder. Check the name.", err=True)
        raise typer.Exit(2)
    drafts = Drafts(data_folder())
    try:
        if path.is_file() and is_export(path):
            taken = {folder.name for root in (LIBRARY, OPEN_ARCHIVE) for folder in root.iterdir()}
            typer.echo(f"imported: {import_case(path, drafts.published, check=check_imported, taken=taken).name}")
            return
        slug = name or drafts.free_slug("draft")
        drafts.check_slug(slug)
        with open_offer(path, modality=modality.upper(), progress=_show_progress) as offer:
            decisions = Decisions(slug, parse_answers(answer or []))
            report = admit_offer(offer, drafts, decisions, progress=_show_progress)
            notes = offer.notes
    except CaseError as error:
        typer.echo(f"\nnot imported: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(["", *report.lines(), *(f"note: {note}" for note in notes)]))
    if report.held:
        typer.echo("nothing is imported yet: decide about what is held with --answer, then import again.", err=True)
        raise typer.Exit(1)
    typer.echo(f"imported as draft {slug}: {len(report.files)} files")


@main.command()
def export(
    case: Annotated[str, typer.Argument(help="A case of the library, a draft, or the folder of one.")],
    to: Annotated[Path | None, typer.Option(help="File to write; CASE.zip without.", dir_okay=False)] = None,
) -> None:
    """Write a case as one file, for another machine."""
    from cases import CaseError
    from cases.draft import Drafts
    from cases.exporting import export_case

    drafts = Drafts(data_folder())
    places = [Path(case), LIBRARY / case, drafts.published / case, drafts.drafts / case]
    folder = next((place for place in places if (place / "case.toml").is_file()), None)
    if folder is None:
        typer.echo(f"{case}: there is no such case. `readout cases` lists them.", err=True)
        raise typer.Exit(2)
    file = to or Path(f"{folder.resolve().name}.zip")
    try:
        digest = export_case(folder, file)
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")


def _show_progress(done: int, total: int, what: str) -> None:
    """Rewrite one line of a terminal; write nothing elsewhere."""
    if sys.stderr.isatty():
        typer.echo(f"\r{what}: {done} of {total}\033[K", err=True, nl=False)


@main.command()
def score(
    case: Annotated[str, typer.Option(help="Case that is asked about.")],
    question: Annotated[str, typer.Option(help="Id of the question in its quiz.toml.")],
    answer: Annotated[str, typer.Option(help='Answer as JSON, such as \'{"choice": "…"}\'.')],
    as_json: Json = False,
    library: Libraries = None,
) -> None:
    """Print what an answer is worth, and why."""
    from cases import CaseError
    from quizzes import AnswerError, QuizError
    from viewer import SeriesError

    [folder] = _folders(library or LIBRARIES, [case])
    try:
        result = _score(folder, question, answer)
    except (AnswerError, ValueError, LookupError) as error:
        typer.echo(str(error.args[0] if isinstance(error, LookupError) else error), err=True)
        raise typer.Exit(2) from None
    except (CaseError, QuizError, SeriesError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join([f"{result.value:.2f}", *(f"  {part.text}" for part in result.parts)]))


def _score(folder: Path, question_id: str, answer: str) -> "Score":
    """Score an answer to a case's question; LookupError and ValueError say what of the call is wrong."""
    from cases.manifest import read_case
    from quizzes.answers import read_answer
    from quizzes.questions import MarkQuestion
    from quizzes.quizfile import read_quiz
    from quizzes.scoring import score as score_answer
    from quizzes.vocabulary import bundled_vocabulary
    from viewer.regions import read_region
    from viewer.series import read_series

    vocabulary = bundled_vocabulary()
    quiz = read_quiz(folder / "quiz.toml", vocabulary)
    question = quiz.question(question_id)
    if question is None:
        known = ", ".join(one.id for one in quiz.questions)
        raise LookupError(f"{folder.name}: has no question {question_id!r}; it has: {known}.")
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--answer: found no JSON ({error}). Quote it for the shell.") from None
    given = read_answer(question, value, vocabulary)
    regions = {}
    if isinstance(question, MarkQuestion) and question.regions:
        case = read_case(folder)
        files = {entry.id: entry.files() for entry in case.series}
        entries = [entry for entry in case.regions if entry.name in question.regions]
        regions = {one.name: read_region(one.spec, folder, read_series(files[one.series])) for one in entries}
    return score_answer(question, given, vocabulary=vocabulary, regions=regions)


@main.command("build-library")
def build_library(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[CASE]…", help="Cases to build; all without.")] = None,
    archives: Annotated[Path | None, typer.Option(help="Folder where the archives are kept.", file_okay=False)] = None,
    library: Annotated[Path, typer.Option(help="Folder of cases.", file_okay=False)] = LIBRARY,
) -> None:
    """Make the starter library's images from their pinned archives."""
    import platformdirs

    from cases import CaseError
    from cases.starter import RECIPES
    from cases.starter.build import build_library as build

    unknown = [slug for slug in slugs or [] if slug not in RECIPES]
    if unknown:
        typer.echo(f"there is no recipe for {', '.join(unknown)}; there are: {', '.join(RECIPES)}.", err=True)
        raise typer.Exit(2)
    kept = archives or platformdirs.user_cache_path("readout") / "archives"
    try:
        build(slugs or [], library, kept, typer.echo)
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@main.command("export-quiz")
def export_quiz(
    file: Annotated[Path, typer.Argument(help="File to write; it holds the answers.")],
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[CASE]…", help="Cases to export; all without.")] = None,
    form: Annotated[str, typer.Option("--format", help="moodle, gift or anki.")] = "moodle",
    library: Libraries = None,
) -> None:
    """Write questions for Moodle or Anki, and say what does not fit."""
    from cases import CaseError
    from cases.manifest import read_case
    from quizzes import QuizError
    from quizzes.export import FORMATS, Source, export
    from quizzes.quizfile import read_quiz
    from quizzes.vocabulary import bundled_vocabulary

    if form not in FORMATS:
        typer.echo(f'there is no format "{form}"; there are: {", ".join(FORMATS)}.', err=True)
        raise typer.Exit(2)
    vocabulary = bundled_vocabulary()
    try:
        cases = [read_case(folder) for folder in _folders(library or LIBRARIES, slugs)]
        sources = [Source(one.slug, one.title, one.history, read_quiz(one.quiz_file, vocabulary)) for one in cases]
        made = export(sources, form, vocabulary)
        file.write_text(made.text, encoding="utf-8")
    except (CaseError, QuizError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for unfit in made.unfit:
        typer.echo(unfit, err=True)
    typer.echo(f"{made.count} questions in {file}; {len(made.unfit)} do not fit, or not wholly", err=True)


@main.command("contact-sheet")
def contact_sheet(
    picture: Annotated[Path, typer.Argument(help="PNG file to write.")],
    library: Annotated[Path, typer.Option(help="Folder of cases.", file_okay=False)] = LIBRARY,
) -> None:
    """Draw every region of every case on its image, to be looked at by whoever answers for the cases."""
    from cases import CaseError
    from cases.catalogue import Catalogue
    from viewer import SeriesError
    from viewer import sheet as sheets

    try:
        tiles = [tile for case in Catalogue(library).cases for tile in _tiles(case)]
        sheets.contact_sheet(tiles).save(picture)
    except (CaseError, SeriesError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(tiles)} regions in {picture}")


def _tiles(case: "Case") -> Iterator["Tile"]:
    from viewer.decode import frame_values
    from viewer.regions import read_region
    from viewer.series import read_series
    from viewer.sheet import Tile
    from viewer.windows import Window, default_window

    entries = {entry.id: entry for entry in case.series}
    for entry in case.regions:
        windows = entries[entry.series].windows
        series = read_series(entries[entry.series].files())
        own = (
            Window(windows[0].center, windows[0].width) if windows else default_window(series, frame_values(series, 0))
        )
        yield Tile(f"{case.slug}: {entry.label}", read_region(entry.spec, case.folder, series), own)


def _folders(roots: Sequence[Path], slugs: list[str] | None) -> list[Path]:
    """Give the case folders asked for; a name that is none of them is a wrong call."""
    found = (folder for root in roots if root.is_dir() for folder in sorted(root.iterdir()))
    known = {folder.name: folder for folder in found if folder.is_dir() and folder.name[0] not in "._"}
    unknown = [slug for slug in slugs or [] if slug not in known]
    if unknown or not known:
        wanted = ", ".join(unknown) or "any case"
        where = ", ".join(map(str, roots))
        typer.echo(f"{where}: does not hold {wanted}; it holds: {', '.join(known) or 'nothing'}.", err=True)
        raise typer.Exit(2)
    return [known[slug] for slug in slugs] if slugs else list(known.values())


def case_faults(folder: Path) -> Iterator[str]:
    """Check a case's texts, then its questions, then its images, then what one says of the other."""
    from cases import CaseError
    from cases.lint import lint_case
    from cases.manifest import read_case
    from quizzes import QuizFileError
    from quizzes.hints import hints
    from quizzes.quizfile import read_quiz
    from quizzes.vocabulary import bundled_vocabulary

    yield from (f"{folder.name}/{fault}" for fault in lint_case(folder))
    quiz = None
    try:
        quiz = read_quiz(folder / "quiz.toml", bundled_vocabulary())
        yield from (f"{folder.name}/{fault}" for fault in hints(quiz, bundled_vocabulary()))
    except QuizFileError as error:
        yield from (f"{folder.name}/{fault}" for fault in error.faults)
    try:
        case = read_case(folder, image_folder(data_folder()))
    except CaseError:
        return
    images: dict[str, Series] = {}
    yield from _image_faults(case, images)
    if quiz:
        yield from _mark_faults(case, quiz, images)


def _image_faults(case: "Case", images: dict[str, "Series"]) -> Iterator[str]:
    """Decode every image, and put the series that can be read into ``images``."""
    from cases import SeriesUnavailableError
    from viewer import SeriesError
    from viewer.soundness import sound_series

    for entry in case.series:
        where = f"{case.slug}/case.toml [series.{entry.id}"
        if entry.archive and not entry.archive.on_machine:
            continue
        try:
            series = images[entry.id] = sound_series(entry.files())
        except (SeriesError, SeriesUnavailableError) as error:
            yield f"{where}]: {error}"
            continue
        if entry.start_frame > len(series.frames):
            yield f"{where}.start_frame]: found {entry.start_frame}, expected at most {len(series.frames)}. Correct it."


def _mark_faults(case: "Case", quiz: "Quiz", images: Mapping[str, "Series"]) -> Iterator[str]:
    """Check that regions lie in their images, and that what the quiz says of regions and series fits them."""
    from cases import CaseError
    from cases.annotations import region_specs
    from quizzes import QuizFileError
    from quizzes.questions import MarkQuestion, MeasureQuestion
    from quizzes.scoring import tolerance
    from viewer import SeriesError
    from viewer.joined import read_joined

    regions = {}
    for entry in case.regions:
        try:
            if entry.series in images:
                regions[entry.name] = read_joined(region_specs(case, entry), images[entry.series])
        except (CaseError, SeriesError) as error:
            yield f"{case.slug}/case.toml [region.{entry.name}]: {error}"
    names = {entry.name for entry in case.regions}
    series = {entry.id for entry in case.series}
    for stage in quiz.stages:
        for name in set(stage.series or ()) - series:
            where = f"{case.slug}/quiz.toml [stage.{stage.id}.series]"
            yield f'{where}: there is no series "{name}" in case.toml. Name one of {sorted(series)}.'
    for question in quiz.questions:
        where = f"{case.slug}/quiz.toml [question.{question.id}"
        if isinstance(question, MeasureQuestion | MarkQuestion) and question.series not in {"", *series}:
            yield f'{where}.series]: there is no series "{question.series}". Name one of {sorted(series)}.'
        if not isinstance(question, MarkQuestion):
            continue
        for name in question.regions:
            if name not in names:
                yield f'{where}.region]: there is no region "{name}" in case.toml. Name one of {sorted(names)}.'
            elif name in regions:
                try:
                    tolerance(question, regions[name])
                except QuizFileError as error:
                    yield from (f"{case.slug}/{fault}" for fault in error.faults)


def _row(case: "Case") -> dict[str, Any]:
    """Describe a case for programs: what authors and tests ask for, with no answer in it."""
    from cases.catalogue import cases_json
    from quizzes.quizfile import read_quiz
    from quizzes.vocabulary import bundled_vocabulary

    quiz = read_quiz(case.quiz_file, bundled_vocabulary())
    truth = [{"kind": region.basis, "shape": region.spec["kind"]} for region in case.regions]
    [row] = cases_json([case])
    return {**row, "questions": [question.kind for question in quiz.questions], "truth": truth}


def _inspect(path: Path) -> "Report":
    """Inspect a file, a folder, or what is packed in an archive; archives in a folder count as well."""
    from viewer.inspection import inspect as inspect_files
    from viewer.inspection import joined

    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    archives = [file for file in files if file.suffix.lower() in _ARCHIVES]
    plain = [file for file in files if file not in archives]
    return joined([*([inspect_files(plain)] if plain else []), *map(_inspect_archive, archives)])


_ARCHIVES = {".zip", ".tar", ".gz", ".tgz"}


def _inspect_archive(path: Path) -> "Report":
    from tempfile import TemporaryDirectory

    from cases import ImportRefusedError
    from cases.archive import open_archive
    from viewer.inspection import inspect as inspect_files
    from viewer.inspection import refusal

    try:
        with TemporaryDirectory() as folder, open_archive(path, Path(folder)) as unpacked:
            names = {file: f"{path}/{name}" for file, name in zip(unpacked.files, unpacked.names, strict=True)}
            return inspect_files(unpacked.files, names)
    except ImportRefusedError as error:
        return refusal(path, str(error), error.reason, type(error).__name__)
