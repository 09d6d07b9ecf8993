"""The command line as a person calls it: what it prints, and its exit codes."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from readout import main
from tests.viewer.conftest import Phantom, write

READOUT = Path(sys.executable).with_name("readout")
LIBRARY = Path(__file__).parents[1] / "cases" / "library"
SLUG = "interventional-xa-01"
COMMANDS = ("run", "lint", "cases", "inspect", "score", "build-library", "export-quiz")


def readout(*arguments: object) -> Result:
    """Call it in this process: to start Python takes longer than most of what is asked here."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, COMMANDS),
        (["cases"], 0, [SLUG]),
        (["inspect", __file__], 1, [Path(__file__).name]),
        (["lint", "no-such-case"], 2, ["no-such-case"]),
    ],
)
def test_the_installed_program_says_what_was_asked_and_ends_with_its_code(
    arguments: list[str], code: int, said: Sequence[str]
) -> None:
    done = subprocess.run([READOUT, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert [word for word in said if word not in done.stdout + done.stderr] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = readout(command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("run", "--port", "no number"),
        ("run", "--port", "70000"),
        ("lint", "no-such-case"),
        ("lint", "--library", "no/such/folder"),
        ("inspect",),
        ("inspect", "no/such/file.dcm"),
        ("cases", "--yaml"),
    ],
)
def test_a_wrong_call_ends_with_2_and_a_sentence(arguments: tuple[str, ...]) -> None:
    done = readout(*arguments)
    assert done.exit_code == 2
    assert (done.stderr + done.stdout).strip()


def test_a_case_that_cannot_be_built_is_said_by_name(tmp_path: Path) -> None:
    done = readout("build-library", "no-such-case", "--archives", tmp_path, "--library", tmp_path / "library")
    assert done.exit_code == 2
    assert "no-such-case" in done.stderr
    assert "thoracic-ct-01" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Give a library of one case, free to be broken."""
    shutil.copytree(LIBRARY / SLUG, tmp_path / "library" / SLUG)
    return tmp_path / "library"


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_lint_finds_nothing_in_a_sound_case(library: Path) -> None:
    done = readout("lint", "--library", library)
    assert (done.exit_code, done.stdout) == (0, "")


def test_lint_reports_every_fault_of_a_case_with_file_and_key_in_one_run(library: Path) -> None:
    case = library / SLUG
    rewrite(
        case / "case.toml", 'sections = ["interventional", "cardiovascular"]', 'sections = ["interventional", "heart"]'
    )
    rewrite(case / "case.toml", 'licence = "MIT"\n', "")
    rewrite(case / "quiz.toml", 'answer = "Right"\n', "")
    done = readout("lint", SLUG, "--library", library)
    assert done.exit_code == 1
    faults = done.stdout.splitlines()
    for file, key, word in (
        ("case.toml", "sections", "heart"),
        ("case.toml", "licence", ""),
        ("quiz.toml", "answer", ""),
    ):
        assert any(file in fault and key in fault and word in fault for fault in faults), (file, key, done.stdout)


def test_lint_reports_a_spoiler_in_the_title(library: Path) -> None:
    rewrite(library / SLUG / "case.toml", 'title = "Catheter angiography run"', 'title = "A stenosis of the vessel"')
    done = readout("lint", "--library", library)
    assert done.exit_code == 1
    assert "case.toml" in done.stdout
    assert "title" in done.stdout
    assert "stenosis" in done.stdout


def test_lint_reports_a_prompt_that_answers_a_later_question(library: Path) -> None:
    rewrite(library / SLUG / "quiz.toml", "Judging by this run,", "With mild coronary atherosclerosis,")
    rewrite(library / SLUG / "quiz.toml", 'tier = "plausible"', 'tier = "answer"')
    done = readout("lint", "--library", library)
    assert done.exit_code == 1
    assert "question.supply.prompt" in done.stdout


def test_lint_reports_a_region_outside_the_image(library: Path) -> None:
    rewrite(library / SLUG / "case.toml", "centre = [148, 339]", "centre = [1480, 339]")
    done = readout("lint", "--library", library)
    assert done.exit_code == 1
    assert "region.first-distal-branch" in done.stdout


def test_lint_reports_an_image_that_does_not_decode(library: Path) -> None:
    [file] = (library / SLUG).rglob("*.dcm")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    done = readout("lint", "--library", library)
    assert done.exit_code == 1
    assert "series.xa" in done.stdout


def test_cases_as_json_tell_what_there_is_and_no_answer(library: Path) -> None:
    done = readout("cases", "--json", "--library", library)
    assert done.exit_code == 0
    [case] = json.loads(done.stdout)
    assert case["slug"] == SLUG
    assert case["sections"] == ["interventional", "cardiovascular"]
    assert (case["modality"], case["level"], case["origin"], case["licence"]) == ("XA", 2, "real-derived", "MIT")
    assert case["questions"] == ["mark", "single", "differential", "single"]
    assert case["truth"] == [{"kind": "drawn", "shape": "ellipse"}]
    assert case["bytes"] == sum(file.stat().st_size for file in (library / SLUG).rglob("*") if file.is_file())
    text = done.stdout.lower()
    for word in ("no flow-limiting", "right-dominant", "explanation", "339", "distal-branch", "descending"):
        assert word not in text


def test_cases_with_a_broken_one_list_the_others_and_end_with_1(library: Path) -> None:
    shutil.copytree(LIBRARY / "msk-cr-01", library / "msk-cr-01")
    (library / SLUG / "case.toml").write_text("slug = 3")
    done = readout("cases", "--library", library)
    assert done.exit_code == 1
    assert "msk-cr-01" in done.stdout
    assert SLUG in done.stderr


@pytest.fixture
def slices(tmp_path: Path) -> list[Path]:
    phantom = Phantom(count=4)
    folder = tmp_path / "slices"
    folder.mkdir()
    return [write(phantom.slice(number), folder / f"{number}.dcm") for number in range(4)]


def inspected(path: Path) -> tuple[int, dict]:
    done = readout("inspect", path, "--json")
    return done.exit_code, json.loads(done.stdout)


def test_inspect_describes_a_good_file(slices: list[Path]) -> None:
    code, report = inspected(slices[0])
    assert code == 0
    assert "64" in json.dumps(report)
    assert "72" in json.dumps(report)
    plain = readout("inspect", slices[0])
    assert plain.exit_code == 0
    assert plain.stdout.strip()


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:400], lambda data: data[:-100], lambda _: b"", lambda _: b"text" * 99]
)
def test_inspect_says_in_one_line_why_a_file_cannot_be_shown(
    slices: list[Path], spoil: Callable[[bytes], bytes]
) -> None:
    slices[0].write_bytes(spoil(slices[0].read_bytes()))
    done = readout("inspect", slices[0])
    assert done.exit_code == 1
    assert len([line for line in done.stdout.splitlines() if slices[0].name in line]) == 1


def test_inspect_reads_a_folder_and_one_bad_file_does_not_hide_the_others(slices: list[Path]) -> None:
    slices[3].write_bytes(b"not DICOM")
    done = readout("inspect", slices[0].parent)
    assert done.exit_code == 1
    assert "3.dcm" in done.stdout
    assert "3 " in done.stdout


def test_inspect_reads_an_archive(slices: list[Path], tmp_path: Path) -> None:
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in slices:
            packed.write(file, f"study/{file.name}")
    code, report = inspected(archive)
    assert code == 0
    assert "CT" in json.dumps(report)


def test_inspect_refuses_an_archive_whose_names_climb_out(slices: list[Path], tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(slices[0], "../../evil.dcm")
    done = readout("inspect", archive)
    assert done.exit_code == 1
    assert "evil.zip" in done.stdout
    assert not (tmp_path.parent / "evil.dcm").exists()


def test_inspect_refuses_a_damaged_archive(tmp_path: Path) -> None:
    archive = tmp_path / "broken.zip"
    archive.write_bytes(b"PK\x03\x04 nothing more")
    done = readout("inspect", archive)
    assert done.exit_code == 1
    assert "broken.zip" in done.stdout


@pytest.mark.parametrize(
    ("form", "holds"), [("moodle", "<quiz>"), ("gift", "::[markdown]"), ("anki", "#separator:tab")]
)
def test_questions_are_exported_and_what_does_not_fit_is_said(tmp_path: Path, form: str, holds: str) -> None:
    file = tmp_path / "questions"
    done = readout("export-quiz", file, SLUG, "--format", form)
    assert done.exit_code == 0
    assert holds in file.read_text()
    assert f"{SLUG}, mark: left out: to mark needs the images" in done.stderr
    assert "questions in" in done.stderr


def test_an_export_in_no_known_format_or_place_is_told(tmp_path: Path) -> None:
    assert readout("export-quiz", tmp_path / "x", "--format", "word").exit_code == 2
    assert readout("export-quiz", tmp_path / "x", "no-such-case").exit_code == 2
    assert readout("export-quiz", tmp_path / "no" / "folder", SLUG).exit_code == 1


@pytest.mark.parametrize(
    ("question", "answer", "printed"),
    [
        ("next-step", "wrong", "0.00\n  the best answer is: FDG PET/CT"),
        ("mark", {"marks": [{"space": "patient", "point": [56.4, 86.3, -115.0]}]}, "1.00\n  inside the outline: hit"),
        ("differential", {"ranked": ["lung-carcinoma"]}, "must-not-miss left out: capped at 0.70"),
    ],
)
def test_score_prints_what_an_answer_is_worth_and_why(question: str, answer: object, printed: str) -> None:
    given = {"choice": "No follow-up"} if answer == "wrong" else answer
    done = readout("score", "--case", "thoracic-ct-01", "--question", question, "--answer", json.dumps(given))
    assert done.exit_code == 0, done.stderr
    assert printed in done.stdout


def test_score_as_json_has_the_parts_for_programs() -> None:
    answer = json.dumps({"choice": "No follow-up"})
    arguments = ("--case", "thoracic-ct-01", "--question", "next-step", "--answer", answer, "--json")
    score = json.loads(readout("score", *arguments).stdout)
    assert (score["value"], score["weight"], len(score["parts"])) == (0.0, 1.0, 1)


def test_score_of_a_quiz_with_faults_ends_with_1_and_names_them(tmp_path: Path) -> None:
    case = shutil.copytree(LIBRARY / SLUG, tmp_path / SLUG, ignore=shutil.ignore_patterns("dicom"))
    quiz = case / "quiz.toml"
    quiz.write_text(quiz.read_text(encoding="utf-8").replace("explanation = ", "explain = ", 1), encoding="utf-8")
    arguments = ("--case", SLUG, "--question", "differential", "--answer", '{"ranked": ["catheter-spasm"]}')
    done = readout("score", *arguments, "--library", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "explanation]: found nothing, expected text" in done.stderr


@pytest.mark.parametrize(
    ("case", "question", "answer", "told"),
    [
        ("no-such-case", "mark", "{}", "does not hold no-such-case"),
        ("thoracic-ct-01", "nothing", "{}", "has no question 'nothing'; it has: mark, differential"),
        ("thoracic-ct-01", "mark", "{", "--answer: found no JSON"),
        ("thoracic-ct-01", "mark", "[]", "found no answer"),
        ("thoracic-ct-01", "next-step", '{"choice": "x"}', "found no choice among the options"),
    ],
)
def test_score_called_wrongly_ends_with_2(case: str, question: str, answer: str, told: str) -> None:
    done = readout("score", "--case", case, "--question", question, "--answer", answer)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
