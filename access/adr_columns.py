"""Which columns may leave the house at all, by their names. No registry, agreement or switch changes what is decided here.

Decides from the words of a column's name, written in any usual way (`HomePhone`, `home_phone`, `TelNo`, `Ph0ne`): blocked for
good, allowed only where the agreement lists it, or a course mark. Beside names, values that are plainly a telephone number or
an e-mail address are found. Accepted limit: a blocked fact under a name that says nothing of it, and in no telling shape,
is not seen: the source columns are in the registry so that a person can check them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_DIGITS_AS_LETTERS = str.maketrans("013457", "oleast")
_TELEPHONE = re.compile(r"(?<![\d-])(?:\+?1[-. ]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])\d{3}[-. ]\d{4}(?![\d-])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of column: what it is called in a message, parts of a name that tell it, whole words that tell it."""

    called: str
    parts: re.Pattern[str]
    words: frozenset[str]

    def fits(self, name: _Name) -> bool:
        return bool(self.words & name.words) or any(self.parts.search(run) for run in name.runs)


@dataclass(frozen=True, slots=True)
class _Name:
    """A column's name taken apart: its words, and all of it run together, also with digits read as letters."""

    words: frozenset[str]
    runs: tuple[str, str]


def _kind(called: str, parts: str, words: str) -> _Kind:
    return _Kind(called, re.compile("|".join(parts.split())), frozenset(words.split()))


_BLOCKED = (
    _kind(
        "free or reduced lunch",
        "lunch freereduced freeandreduced freeorreduced reducedprice foodservice directcert lowincome povert econdis "
        "economicdis economicallydis socioeconomic nslp almuerzo freemeal mealstatus mealcode mealelig mealprogram",
        "frl frpl frm farms ses meal meals snap tanf income cep",
    ),
    _kind(
        "address",
        "address zipcode postalcode postcode residen domicil mailing geocode latitude longitude direccion streetn "
        "neighborhood neighbourhood censustract",
        "addr street apt apartment zip postal city county boundary lat lon lng tract",
    ),
    _kind(
        "telephone or e-mail",
        "phone(?!m) telefon email cellnumber mobilenumber",
        "tel cell mobile sms fax ph phn contact contacts mail",
    ),
    _kind(
        "health",
        "health medic immuni vaccin allerg diagnos disab impairment nurs illness disease asthma diabet epilep autis psych "
        "therap counsell?ing pregnan salud",
        "med meds 504 hiv adhd vision hearing dental bmi weight height blood",
    ),
    _kind(
        "other students of an incident, or free text that may name them",
        "otherstudent otherpart coparticipant involvedstudent studentsinvolved involvedpart victim witness perpetrat offend "
        "accomplice complainant aggressor bull(?:y|ied) reportedby narrative",
        "others peer peers participant participants associate associates comment comments note notes remark remarks",
    ),
    _kind(
        "another name of the student",
        "legalname legalfirst legallast legalmiddle preferred formername formerlast formerfirst othername nickname birthname "
        "chosenname maiden",
        "alias aka",
    ),
    _kind("identity papers", "socialsec immigra citizen passport ssn", "visa"),
)
_LISTED_ONLY = _kind(
    "special education, McKinney-Vento or living-with",
    "specialed mckinney homeless livingwith liveswith foster custody unaccompanied unhoused housing",
    "sped iep mv mkv swd",
)
_COURSES = _kind(
    "course marks or credits",
    "gradepoint lettergrade finalgrade coursegrade classrank transcript",
    "gpa mark marks credit credits course courses",
)
_INCIDENT_NUMBERS = _kind("number of an incident", "incidentid incidentn incidentkey eventid referralid", "")


def find_block(name: str) -> str | None:
    """What a column of this name would disclose that never leaves the house; None where nothing speaks against it."""
    taken_apart = _take_apart(name)
    return next((kind.called for kind in _BLOCKED if kind.fits(taken_apart)), None)


def needs_listing(name: str) -> bool:
    """Whether a column of this name may leave only where the partner's agreement lists it."""
    return _LISTED_ONLY.fits(_take_apart(name))


def tells_marks(name: str) -> bool:
    """Whether a column of this name holds course marks, credits or an average of them."""
    return _COURSES.fits(_take_apart(name))


def numbers_incident(name: str) -> bool:
    """Whether a column of this name holds the number of an incident, which would tie its students together."""
    return _INCIDENT_NUMBERS.fits(_take_apart(name))


def find_blocked_value(text: str) -> str | None:
    """What a value plainly is that never leaves the house, whatever its column is called: a telephone number, an e-mail."""
    if "@" in text and _EMAIL.search(text):
        return "an e-mail address"
    if len(text) >= 10 and _TELEPHONE.search(text):
        return "a telephone number"
    return None


def _take_apart(name: str) -> _Name:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    words = frozenset(word.lower() for word in _WORDS.findall(plain))
    run = "".join(letter for letter in plain.lower() if letter.isalnum())
    return _Name(words, (run, run.translate(_DIGITS_AS_LETTERS)))
