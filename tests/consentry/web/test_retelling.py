"""What rules and matcher tell in English is said again in a page's language: every sentence of theirs is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentry.web.retelling import list_known_sentences, recognise, retell
from consentry.web.speaking import Voices
from consentry.web.trace_words import EVENT_WORDS
from review_queue import INSIDE_REASONS, Reason, say_to_partner
from store import Event

ROOT = Path(__file__).parents[3]
MODULES = (
    "matching/evidence_words.py",
    "review_queue/identity_checks.py",
    "review_queue/list_rules.py",
    "review_queue/paper_checks.py",
    "review_queue/ruling.py",
    "consentry/intake/list_checks.py",
)
REFUSING = (
    "consentry/desk/accepting_many.py",
    "consentry/desk/case_steps.py",
    "consentry/desk/claims.py",
    "consentry/desk/deciding.py",
    "consentry/desk/list_deciding.py",
    "consentry/desk/undoing.py",
    "consentry/web/pages/accounts.py",
    "consentry/web/pages/me.py",
)
SAMPLES = {
    "label": "surname",
    "how": "is another form of",
    "count": "3 in 49,240",
    "name": "username",
    "shown": "Xu",
    "own": "Wu",
    "SHORT_PASSWORD": "12",
    "bearers": "3",
    "children": "500",
    "kind": "language es",
    "code": "es",
    "asked": "0.9",
    "allowed": "0.99",
    "setting": "confidence",
    "action": "granted",
    "state": "in review",
    **dict.fromkeys(("on", "born", "since", "until"), "2024-10-01"),
    "one": "1 form",
    "other": "2 rows of lists",
}
PIECES = {"is another form of", "is a letter or two from", "first name", "middle name", "not rare", "state ID"}
OF_THE_COMMAND_LINE = re.compile(
    r"--\w|^no such|^no case|is gone$|^choose between|^cannot write|^the list can't be read|^decision taken back"
)


def list_sentences(path: str) -> Iterator[str]:
    """What a module says: strings of several words that are no docstrings, values replaced by samples."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    passed = {id(part) for each in joined for part in ast.walk(each) if part is not each}
    passed |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in passed:
            parts = (part.value if isinstance(part, ast.Constant) else fill(part) for part in node.values)
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.value


def fill(part: ast.expr) -> str:
    name = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
    return SAMPLES.get(name, "7" if "number" in name or "first" in name else "Xu")


def list_raised(path: str) -> Iterator[str]:
    return (said for said in list_sentences(path) if not OF_THE_COMMAND_LINE.search(said))


@pytest.mark.parametrize("path", [*MODULES, *REFUSING])
def test_every_sentence_of_rules_and_matcher_is_known(path: str) -> None:
    told = [
        said for said in list_raised(path) if len(said.split()) > 2 and said not in PIECES and "Xu Xu Xu" not in said
    ]
    unknown = [said for said in told if recognise(said) is None]
    assert unknown == []
    assert path not in MODULES[1:5] or len(told) > 3, "the module says something"


def test_sentences_keep_their_values_and_say_pieces_again() -> None:
    spanish = Voices().find("es")
    assert spanish.retell("surname Nguyen is a letter or two from Nguyễn") == (
        "el apellido Nguyen está a una o dos letras de Nguyễn"
    )
    assert spanish.retell("first name agrees, rare: 3 in 49,240") == "el nombre coincide, poco común: 3 de 49,240"
    waits = (
        "12 forms and 1 row of a list wait for your data sharing agreement, submitted 9 days ago; due on 2024-10-08."
    )
    assert spanish.retell(waits) == (
        "12 formularios y 1 fila de una lista esperan su acuerdo de intercambio de datos, "
        "presentado hace 9 días; para el 2024-10-08."
    )


def test_what_a_partner_is_told_of_a_row_is_said_sentence_by_sentence() -> None:
    told = "Part of the form or row cannot be read. Row 16 has no birth date; fill it in and send the list again."
    assert (
        Voices()
        .find("es")
        .say_sentences(told)
        .endswith("En la fila 16 falta: la fecha de nacimiento; complétela y envíe la lista de nuevo.")
    )


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in INSIDE_REASONS])
def test_what_a_partner_does_about_a_reason_is_said_whole(reason: Reason) -> None:
    spanish, told = Voices().find("es"), say_to_partner(reason)
    said = " ".join(spanish.texts[sentence] for sentence in re.split(r"(?<=\.) ", told))
    assert spanish.say_sentences(told) == said


def test_what_leads_and_auditors_are_told_is_said_in_their_language() -> None:
    spanish = Voices().find("es")
    said = {
        "all other forms: 0.99 where the bound allows 0.9999": "todos los demás formularios: 0.99 donde se permite 0.9999",
        "student ID absent, language so: 0.9 where the bound allows 1": "sin identificador, idioma so: 0.9 donde se permite 1",
        "in review by rules on 2024-10-01; rainier, a, b.pdf, page 2": (
            "en revisión por las reglas el 2024-10-01; rainier, a, b.pdf, página 2"
        ),
        "looser than allowed (all other forms: 0.9 where the bound allows 1; confidence is looser than in force): give "
        "--accept-risk with a reason to set it": (
            "más laxa de lo permitido (todos los demás formularios: 0.9 donde se permite 1; confidence es más laxo que lo "
            "vigente): diga por qué se acepta el riesgo para ponerla"
        ),
        "rainier, 2024-10-01 to 2025-08-31, attendance, assessment": (
            "rainier, 2024-10-01 a 2025-08-31, asistencia, evaluaciones"
        ),
    }
    assert {told: spanish.retell(told) for told in said} == said
    assert spanish.say_reason("ILLEGIBLE NO_DATE: asked, again") == "ilegible, sin fecha: asked, again"
    assert spanish.say_reason("the mother called: it is hers") == "the mother called: it is hers"


def test_every_event_of_the_ledger_has_words() -> None:
    assert set(EVENT_WORDS) == set(Event)


def test_codes_of_fields_are_said_as_the_page_calls_them_in_english_too() -> None:
    assert retell({}, "cannot be read: student_last, birth_date") == "cannot be read: Last name, Birth date"


def test_names_are_never_taken_for_pieces_and_unknown_words_stay() -> None:
    spanish = Voices().find("es")
    assert "school" in spanish.retell("surname school is not common").split()
    assert spanish.retell("a sentence that nobody knows") == "a sentence that nobody knows"
    assert spanish.retell("{braces} of nobody") == "{braces} of nobody"


def test_each_known_sentence_recognises_itself() -> None:
    for words in list_known_sentences():
        filled = re.sub(
            r"\{(\w+)\}", lambda place: {"days": "7", "number": "7"}.get(place[1], SAMPLES.get(place[1], "Xu")), words
        )
        found = recognise(filled)
        assert found is not None and found.words == words, filled
