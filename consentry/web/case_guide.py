"""What a person who is new to the queue does about each reason why a case waits: what to look at, and which answer to give.

Keyed by the sentence of the rules. Says what the rules ask for and decides nothing; the fields named are outlined on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consentry.web.retelling import recognise
from consentry.web.words import mark

_NAMES = ("student_first", "student_last", "birth_date", "student_id")
_CONSENT, _SIGNATURE = ("consent_yes", "consent_no"), ("parent_signature", "student_signature")
_DATES = ("parent_date", "student_date")
_RECORDS = ("records_attendance", "records_discipline", "records_assessment", "records_demographics")
_COMPARE = mark(
    "Compare ink, list row and child below. If it is the child, choose it and press Enter; if none is, press 0 and Enter."
)
_ALTERED = mark(
    "Can you still read what was meant, and did the family write it? Then accept (1, then Enter). If not, return it (R): "
    "illegible."
)
_SIBLING = mark(
    "Accept only what tells the two apart on the paper: first name, ID, school. If nothing does, return it (R): child can't be "
    "confirmed."
)
_SIGNED = mark(
    "Look at the signature. If a person signed, accept (1, then Enter); if nobody did, return it (R): no signature."
)
_DATED = mark(
    "Look at the date. Does it lie between the form's publication ({published}) and the day it came ({received})? Then accept "
    "(1, then Enter). If not, return it (R) and tick what is wrong."
)
_CHOSEN = mark(
    "Which box is marked? Accept (1, then Enter) only if it is clearly 'I consent'; else return it (R): the family declined, "
    "or illegible."
)


@dataclass(frozen=True, slots=True)
class Guide:
    """What to do, and the fields to look at."""

    words: str
    fields: tuple[str, ...] = ()


_GUIDES = {
    "a box of the records to release may or may not be ticked": Guide(
        mark(
            "Look at the boxes. What you accept (1, then Enter) is what was read; if that isn't what is ticked, return it (R)."
        ),
        _RECORDS,
    ),
    "a student under address confidentiality: always for a person": Guide(
        mark(
            "Accept (1, then Enter) only if name, birth date and ID agree below. Tell nobody that the address is confidential."
        ),
        _NAMES,
    ),
    "a twin or sibling fits nearly as well": Guide(_SIBLING, _NAMES),
    "another child fits nearly as well": Guide(_SIBLING, _NAMES),
    "another form of this child says something else": Guide(
        mark("Look at the other form too. If parents disagree, accept neither: return both (R): the family declined."),
        _CONSENT,
    ),
    "both 'I consent' and 'I do not consent' are marked": Guide(_CHOSEN, _CONSENT),
    "cannot be read: {fields}": Guide(
        mark("If you can read it, key it (K) and the children are looked up anew. If not, return it (R): illegible.")
    ),
    "it cannot be told whether the family consents": Guide(_CHOSEN, _CONSENT),
    "it cannot be told whether the form is signed": Guide(_SIGNED, _SIGNATURE),
    "it cannot be told whether the signature is dated": Guide(_DATED, _DATES),
    "the blank has no boxes for records, and nobody said which its print releases": Guide(
        mark(
            "Read in the print which records it releases, and have somebody say so for this blank (form add --records). Then "
            "accept (1, then Enter). If it names none, return it (R): no records ticked."
        )
    ),
    "it is not certain which row of the list goes with the form": Guide(_COMPARE, _NAMES),
    "its pages lay out of order: see that they belong to one form": Guide(
        mark(
            "Look at all pages. If they are of one child's form, accept (1, then Enter); if not, return it (R): a page is "
            "missing."
        )
    ),
    "neither ID, name and birth date, nor name, birth date and school agree": Guide(_COMPARE, _NAMES),
    "no enrolled child fits well enough": Guide(
        mark("Search the enrollment (/) for the child. If nobody fits, press 0 and Enter: not enrolled."), _NAMES
    ),
    "no form can be made out on the page": Guide(
        mark(
            "Is it the district's consent form? If not, return it (R): not the district's form. If so, return it: illegible."
        )
    ),
    "struck out or scribbled over: {fields}": Guide(_ALTERED),
    "the best child is not probable enough": Guide(_COMPARE, _NAMES),
    "the form alone does not point at this child clearly enough": Guide(_COMPARE, _NAMES),
    "the list row alone does not point at this child clearly enough": Guide(_COMPARE, _NAMES),
    "the row does not point at one child clearly enough": Guide(_COMPARE),
    "the form names no partner": Guide(
        mark("Does the form name this organization anywhere? Then accept (1, then Enter). If not, return it (R)."),
        ("partner",),
    ),
    "the partner's name on the form cannot be told with certainty": Guide(
        mark(
            "Does the form name this organization? Then accept (1, then Enter). If it names another one, return it (R)."
        ),
        ("partner",),
    ),
    "the family says: {words}": Guide(
        mark("Hold it against ink and list row. If it settles the case, accept (1, then Enter); if not, return it (R).")
    ),
    "the list's school is none that children are enrolled at": Guide(
        mark("The list names a school that the district doesn't have. Return it (R): child can't be confirmed.")
    ),
    "the name or birth date on the sheet is not the one that its code stands for": Guide(
        mark(
            "The sheet was printed for another child than it names. Accept (1, then Enter) only what ink and list row both say."
        ),
        _NAMES,
    ),
    "the page could not be processed: read it by eye": Guide(
        mark("The program failed on this page. Ask for a new scan: return it (R): illegible.")
    ),
    "the signature's date cannot be read with certainty": Guide(_DATED, _DATES),
    "the student may be 18 and has not signed": Guide(
        mark(
            "Look at the birth date. A student of 18 signs for themself: return it (R) if they are 18, else accept (1, then "
            "Enter)."
        ),
        ("birth_date", "student_signature"),
    ),
    "what tells its year or language is torn off or covered: see which it is": Guide(
        mark("Is it this year's form? Then accept (1, then Enter). If not, return it (R): form of another year.")
    ),
}


def find_guide(told: str) -> Guide | None:
    """What to do about a sentence of the rules; None for one that says all itself. Fields that it names are looked at."""
    found = recognise(told)
    guide = _GUIDES.get(found.words) if found else None
    if guide is None or found is None:
        return None
    named = tuple(found.values["fields"].split(", ")) if "fields" in found.values else ()
    return Guide(guide.words, named or guide.fields)


def find_guides(told: Sequence[str]) -> list[Guide | None]:
    """What to do about each sentence: the same is told once, and to compare is left out where twins have to be told apart."""
    guides = [find_guide(words) for words in told]
    said = {_COMPARE} if any(guide and guide.words == _SIBLING for guide in guides) else set[str]()
    found: list[Guide | None] = []
    for guide in guides:
        found.append(None if guide is None or guide.words in said else guide)
        said |= {guide.words} if guide else set()
    return found


def list_fields(guides: Sequence[Guide | None]) -> list[str]:
    """The fields to look at, each once."""
    return list(dict.fromkeys(name for guide in guides if guide for name in guide.fields))
