"""Questions for other programs: Moodle XML, GIFT, and text that Anki imports; and word of what does not fit.

No other program shows a whole series, so questions that need the image stay here, and every text says which case of
Readout it belongs to. Exports hold the answers: they are for teachers. Nothing is read or written here.

References
----------
Moodle: docs.moodle.org, "Moodle XML format" and "GIFT format". Anki: docs.ankiweb.net, "Text files", file headers.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from xml.etree import ElementTree as ET

from quizzes.questions import (
    DifferentialQuestion,
    MarkQuestion,
    MeasureQuestion,
    MultipleQuestion,
    Question,
    Quiz,
    SingleQuestion,
)
from quizzes.vocabulary import Vocabulary

__all__ = ["FORMATS", "Exported", "Source", "Unfit", "export"]


@dataclass(frozen=True, slots=True)
class Source:
    """A case with its questions, as an export needs it."""

    slug: str
    """Name of the case."""
    title: str
    """Neutral title."""
    history: str
    """Shown with every question."""
    quiz: Quiz
    """Its questions."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A question that does not fit, or loses something."""

    case_slug: str
    """Which case."""
    question_id: str
    """Which question."""
    reason: str
    """What is lost, and why."""

    def __str__(self) -> str:
        return f"{self.case_slug}, {self.question_id}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Exported:
    """An export."""

    text: str
    """The file."""
    count: int
    """Questions in it."""
    unfit: tuple[Unfit, ...]
    """What did not fit, or not wholly."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A question as a choice of one: what the other programs understand."""

    source: Source
    question: Question
    prompt: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    several: bool = False

    @property
    def fractions(self) -> tuple[float, float]:
        """Percent for a right answer and for a wrong one; of several, each counts 1/N and a wrong one costs as much."""
        share = 100 / len(self.right) if self.several else 100.0
        return share, -share if self.several else 0.0

    @property
    def name(self) -> str:
        return f"{self.source.slug}: {self.question.id}"

    @property
    def text(self) -> str:
        return f"{self.source.history} (Images: case {self.source.slug} in Readout.)\n\n{self.prompt}"


def export(sources: Iterable[Source], form: str, vocabulary: Vocabulary) -> Exported:
    """Write the questions of some cases in one of the `FORMATS`: ``moodle``, ``gift`` or ``anki``."""
    choices: list[_Choice] = []
    unfit: list[Unfit] = []
    for source in sources:
        for question in source.quiz.questions:
            found = _choice(source, question, vocabulary)
            if isinstance(found, str):
                unfit.append(Unfit(source.slug, question.id, found))
                continue
            choices.append(found)
            if isinstance(question, DifferentialQuestion) and form != "anki":
                unfit.append(
                    Unfit(source.slug, question.id, "exported as a choice of the likeliest: the ranking is lost")
                )
    return Exported(FORMATS[form].write(choices, vocabulary), len(choices), tuple(unfit))


def _choice(source: Source, question: Question, vocabulary: Vocabulary) -> _Choice | str:
    """Return a question as a choice, or why it cannot be one."""
    match question:
        case SingleQuestion():
            wrong = tuple(option for option in question.options if option != question.answer)
            return _Choice(source, question, question.prompt, (question.answer,), wrong)
        case DifferentialQuestion():
            names = {entry.concept: vocabulary[entry.concept].name for entry in question.entries}
            right = tuple(names[entry.concept] for entry in question.entries if entry.tier == "answer")
            wrong = tuple(names[entry.concept] for entry in question.entries if entry.tier != "answer")
            return _Choice(source, question, "Which diagnosis is the most likely?", right, wrong)
        case MultipleQuestion():
            wrong = tuple(option for option in question.options if option not in question.answers)
            return _Choice(source, question, question.prompt, question.answers, wrong, several=True)
        case MarkQuestion() | MeasureQuestion():
            return f"left out: to {question.kind} needs the images"
        case _:
            return "left out: this kind has no counterpart"


def _moodle(choices: Iterable[_Choice], vocabulary: Vocabulary) -> str:  # noqa: ARG001
    root = ET.Element("quiz")
    for choice in choices:
        item = ET.SubElement(root, "question", type="multichoice")
        ET.SubElement(ET.SubElement(item, "name"), "text").text = choice.name
        for tag, text in (("questiontext", choice.text), ("generalfeedback", choice.question.explanation)):
            ET.SubElement(ET.SubElement(item, tag, format="markdown"), "text").text = text
        settings = {
            "defaultgrade": f"{choice.question.weight:g}",
            "idnumber": f"readout-{choice.name}".replace(": ", "-"),
        }
        settings |= {
            "single": "false" if choice.several else "true",
            "shuffleanswers": "true",
            "answernumbering": "none",
        }
        for tag, text in settings.items():
            ET.SubElement(item, tag).text = text
        for fraction, texts in zip(choice.fractions, (choice.right, choice.wrong), strict=True):
            for text in texts:
                # Moodle knows thirds and sevenths by five decimals.
                answer = ET.SubElement(item, "answer", fraction=_percent(fraction), format="plain_text")
                ET.SubElement(answer, "text").text = text
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _gift(choices: Iterable[_Choice], vocabulary: Vocabulary) -> str:  # noqa: ARG001
    return "\n\n".join(map(_gift_question, choices)) + "\n"


def _gift_question(choice: _Choice) -> str:
    answers = [*(f"={_gift_escape(text)}" for text in choice.right), *(f"~{_gift_escape(t)}" for t in choice.wrong)]
    if len(choice.right) > 1 or choice.several:
        # Several "=" would be a short answer; a percentage says what each is worth.
        right, wrong = (f"~%{_percent(fraction)}%" if fraction else "~" for fraction in choice.fractions)
        answers = [
            *(right + _gift_escape(text) for text in choice.right),
            *(wrong + _gift_escape(t) for t in choice.wrong),
        ]
    lines = "\n".join(f"\t{answer}" for answer in answers)
    feedback = f"\t####{_gift_escape(choice.question.explanation)}"
    return f"::{_gift_escape(choice.name)}::[markdown]{_gift_escape(choice.text)} {{\n{lines}\n{feedback}\n}}"


def _gift_escape(text: str) -> str:
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", r"\n")


def _anki(choices: Iterable[_Choice], vocabulary: Vocabulary) -> str:
    head = ["#separator:tab", "#html:true", "#notetype:Basic", "#deck:Readout", "#guid column:1", "#tags column:4"]
    return "\n".join([*head, *(_anki_note(choice, vocabulary) for choice in choices)]) + "\n"


def _anki_note(choice: _Choice, vocabulary: Vocabulary) -> str:
    question = choice.question
    if isinstance(question, DifferentialQuestion):
        front = f"{_html(choice.source.history)}<br><br>{_html(question.prompt)}"
        back = "".join(_reasons(question, vocabulary))
    else:
        options = "".join(f"<li>{_html(text)}</li>" for text in sorted((*choice.right, *choice.wrong)))
        front = f"{_html(choice.text)}<ul>{options}</ul>"
        back = f"<b>{_html('; '.join(choice.right))}</b>"
    back += f"<br><br>{_html(question.explanation)}"
    guid = f"readout-{choice.name}".replace(": ", "-")
    # A double quote at a field's start would begin a quoted field; there is none: text is escaped HTML.
    return "\t".join((guid, front, back, f"readout {choice.source.slug}"))


def _reasons(question: DifferentialQuestion, vocabulary: Vocabulary) -> Iterator[str]:
    for entry in question.entries:
        yield f"<b>{_html(vocabulary[entry.concept].name)}</b> ({_html(entry.tier)})"
        for sign, reason in (("for", entry.pros), ("against", entry.cons)):
            if reason:
                yield f"<br>{sign}: {_html(reason)}"
        yield "<br>"


def _percent(fraction: float) -> str:
    return f"{fraction:.5f}".rstrip("0").rstrip(".")


def _html(text: str) -> str:
    return escape(text).replace("\t", " ").replace("\n", "<br>")


@dataclass(frozen=True, slots=True)
class _Format:
    """One kind of file."""

    label: str
    """For people."""
    file: str
    """File name."""
    write: Callable[[Iterable[_Choice], Vocabulary], str]


FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "moodle": _Format("Moodle XML", "readout-moodle.xml", _moodle),
        "gift": _Format("GIFT", "readout.gift.txt", _gift),
        "anki": _Format("Anki text", "readout-anki.txt", _anki),
    }
)
"""The kinds of files: key → name, file name and writer."""
