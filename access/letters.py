"""Drafts of letters after an incident: to each family, in English and in the language that it reads; to the Attorney General.

Drafts name kinds of records and never their content. Fixed text comes from a file a language, the words for records from the
family's account. Which language a family reads is not decided here; where it isn't known, each language says how to ask for it.
What the district did, and who answers, is for a person to fill in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources

from access.adr_package import PackageFile
from access.family_account import FamilyTexts, Way, list_languages, load_texts
from access.incident import TOLD, IncidentFacts, Leak
from access.types import CATEGORIES

LETTERS_A_FILE = 500
ATTORNEY_NAME, ENGLISH = "letter-attorney-general.txt", "en"
_PLACE = re.compile(r"\{(\w+)\}")
_PAGE_BREAK = "\f\n"
_DRAFT = "DRAFT, to be checked and signed by the district"
_STILL_OPEN = "[The access has NOT been closed yet: close it first.]"


@dataclass(frozen=True, slots=True)
class LetterTexts:
    """The fixed text of a letter in one language. `ask`: how to get the letter in that language."""

    language: str
    records: FamilyTexts
    approved: bool
    closed: str
    told: str
    enrolled: str
    ask: str
    letter: str


@cache
def load_letter(language: str) -> LetterTexts:
    """The text of a language, English where there is none in it."""
    records = load_texts(language) or load_texts(ENGLISH)
    assert records is not None  # noqa: S101 - English is there
    read = tomllib.loads(_read(f"{records.language}.toml"))
    own = {field.name: read[field.name] for field in fields(LetterTexts)[2:]}
    return LetterTexts(records.language, records, **own)


def write_letters(facts: IncidentFacts) -> list[PackageFile]:
    """A letter a student, in English, and again in the language of families that read another one; the Attorney General's."""
    by_student: dict[str, list[Leak]] = {}
    for leak in facts.leaks:
        by_student.setdefault(leak.student_id, []).append(leak)
    running = frozenset(grant.grant_id for grant in facts.grants if grant.runs)
    files = [*_write_files("letters-families", load_letter(ENGLISH), facts, running, by_student)]
    for language in sorted({*facts.languages.values()} - {ENGLISH}):
        mine = {one: leaks for one, leaks in by_student.items() if facts.languages.get(one) == language}
        texts = load_letter(language)
        if texts.language != ENGLISH:
            files += _write_files(f"letters-families-{texts.language}", texts, facts, running, mine)
    if facts.tells_attorney_general:
        values = _list_values(facts, load_letter(ENGLISH), running, facts.leaks)
        values["students"] = str(len(facts.students))
        files.append(PackageFile(ATTORNEY_NAME, _fill(_read("attorney_general.txt"), values).encode()))
    return files


def _write_files(
    name: str,
    texts: LetterTexts,
    facts: IncidentFacts,
    running: frozenset[str],
    by_student: Mapping[str, Sequence[Leak]],
) -> Iterator[PackageFile]:
    letters = [_write_letter(texts, facts, running, by_student[student_id]) for student_id in sorted(by_student)]
    for number, start in enumerate(range(0, len(letters), LETTERS_A_FILE), start=1):
        some = _PAGE_BREAK.join(letters[start : start + LETTERS_A_FILE])
        yield PackageFile(f"{name}-{number:03d}.txt", some.encode())


def _write_letter(texts: LetterTexts, facts: IncidentFacts, running: frozenset[str], leaks: Sequence[Leak]) -> str:
    student_id = leaks[0].student_id
    own = {
        "student_id": student_id,
        "student": facts.names.get(student_id, "[name]"),
        "lines": "\n".join(f"  - {_describe(leak, texts)}" for leak in leaks),
    }
    approved = "" if texts.approved or texts.language == ENGLISH else f"; wording in {texts.language} not approved yet"
    lines = [f"{_DRAFT}{approved}", facts.today.isoformat(), ""]
    letter = _fill(texts.letter, {**_list_values(facts, texts, running, leaks), **own})
    known = facts.languages.get(student_id)
    return "\n".join([*lines, letter, *(() if known else (_list_languages(),))])


@cache
def _list_languages() -> str:
    """For a family whose language isn't known: a line in each, on how to ask for the letter in it."""
    return "".join(f"{load_letter(language).ask}\n" for language in list_languages() if language != ENGLISH)


def _list_values(
    facts: IncidentFacts, texts: LetterTexts, running: frozenset[str], leaks: Sequence[Leak]
) -> dict[str, str]:
    last = facts.find_last_day(leaks)
    return {
        "today": facts.today.isoformat(),
        "found": facts.found_on.isoformat(),
        "first": min(leak.first for leak in leaks).isoformat(),
        "last": last.isoformat() if last else "",
        "partners": ", ".join(sorted({leak.partner for leak in leaks})),
        "kinds": _list_kinds(leaks, texts),
        "closed": _STILL_OPEN if any(leak.grant_id in running for leak in leaks) else texts.closed,
    }


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Fills the places of a letter in one pass, so that a name that looks like a place stays a name."""
    return _PLACE.sub(lambda found: values[found[1]], template)


def _list_kinds(leaks: Sequence[Leak], texts: LetterTexts) -> str:
    if all(leak.kind == TOLD for leak in leaks):
        return texts.enrolled
    released, records = {category for leak in leaks for category in leak.categories}, texts.records
    words = {
        "attendance": records.attendance,
        "discipline": records.discipline,
        "assessment": records.assessment,
        "demographics": records.demographics,
    }
    return ", ".join([records.identity, records.birth_date, *(words[name] for name in CATEGORIES if name in released)])


def _describe(leak: Leak, texts: LetterTexts) -> str:
    records = texts.records
    ways = {Way.ADR.value: records.adr, Way.FEED.value: records.feed, Way.VIEW.value: records.view, TOLD: texts.told}
    until = f" - {leak.until.isoformat()}" if leak.until and leak.until != leak.first else ""
    return f"{leak.first.isoformat()}{until}: {ways[leak.kind]} ({leak.partner})"


def _read(name: str) -> str:
    return (resources.files("access") / "incident_letters" / name).read_text(encoding="utf-8")
