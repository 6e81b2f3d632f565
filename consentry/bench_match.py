"""The bench of matching: a synthetic district, children who aren't enrolled, and families who write as families do.

Decides nothing about forms: it measures. The noise here shares no code and no table with `matching`; each seed draws its own
mix of habits, so that figures hold for more than one kind of carelessness. Accepted limit: typed queries only; what reading
real handwriting costs is measured by `bench pipeline`.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import pandas as pd
from nicknames import NickNamer
from scipy.stats import beta

from matching import Candidate, Matcher

NOT_ENROLLED_SHARE = 0.15
RECALL = 0.95
PATRONYMIC = frozenset({"somali", "ethiopian", "eritrean", "amharic", "oromo", "tigrinya", "arabic"})
CLAIMS = (0.5, 0.95, 0.99, 0.999)


class DistrictStudent(Protocol):
    """What the bench needs of a fixture's student; all text, dates YYYY-MM-DD."""

    @property
    def student_id(self) -> str:
        """The district's number."""

    @property
    def first(self) -> str:
        """Legal first name."""

    @property
    def middle(self) -> str:
        """Middle name."""

    @property
    def last(self) -> str:
        """Last name."""

    @property
    def preferred_first(self) -> str:
        """Preferred first name."""

    @property
    def other_names(self) -> str:
        """Other names, separated by `;`."""

    @property
    def birth_date(self) -> str:
        """YYYY-MM-DD."""

    @property
    def school(self) -> str:
        """Name of the school."""

    @property
    def grade(self) -> str:
        """Grade."""

    @property
    def guardians(self) -> str:
        """Guardians, separated by `;`."""

    @property
    def culture(self) -> str:
        """Naming culture."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child of the bench, enrolled or not."""

    student_id: str
    first: str
    middle: str
    last: str
    preferred_first: str
    other_names: str
    birth_date: str
    school: str
    grade: str
    guardians: str
    culture: str
    kind: str = "enrolled"


@dataclass(frozen=True, slots=True)
class Habits:
    """How careless the families of one run are: a chance for each habit."""

    name_slip: float
    swapped_names: float
    nickname: float
    half_surname: float
    father_as_last: float
    spelling: float
    no_date: float
    date_slip: float
    swapped_day: float
    no_id: float
    id_slip: float
    other_school: float
    no_school: float
    grade_off: float
    other_parent: float
    no_parent: float


def draw_habits(rng: random.Random) -> Habits:
    """Habits around a middle, from careful to careless by a factor of four."""

    def about(middle: float) -> float:
        return min(0.9, middle * 2 ** rng.uniform(-1, 1))

    return Habits(
        name_slip=about(0.06),
        swapped_names=about(0.02),
        nickname=about(0.05),
        half_surname=about(0.25),
        father_as_last=about(0.12),
        spelling=about(0.15),
        no_date=about(0.03),
        date_slip=about(0.03),
        swapped_day=about(0.03),
        no_id=about(0.45),
        id_slip=about(0.04),
        other_school=about(0.06),
        no_school=about(0.08),
        grade_off=about(0.07),
        other_parent=about(0.2),
        no_parent=about(0.2),
    )


def _slip(rng: random.Random, text: str, alphabet: str) -> str:
    if len(text) < 2:
        return text
    place = rng.randrange(len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:place] + rng.choice(alphabet) + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place] + text[place:]


_RESPELL = (
    ("x", "h"), ("c", ""), ("h", "x"), ("kh", "k"), ("dh", "d"), ("aa", "a"), ("a", "aa"), ("o", "u"), ("ee", "i"),
    ("y", "i"), ("q", "k"), ("z", "s"), ("ss", "s"), ("mm", "m"), ("ph", "f"), ("ou", "u"), ("e", "i"), ("d", "dh"),
)  # fmt: skip


def _respell(rng: random.Random, name: str) -> str:
    low = name.lower()
    able = [(old, new) for old, new in _RESPELL if old in low[1:]]
    if not able:
        return name
    old, new = rng.choice(able)
    place = low.index(old, 1)
    return name[:place] + new + name[place + len(old) :]


_NICKNAMER = NickNamer()


class Family:
    """Writes queries for children with the habits of one run."""

    def __init__(self, rng: random.Random, habits: Habits) -> None:
        self._rng = rng
        self._habits = habits

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance

    def write(self, child: Child) -> dict[str, str]:
        """One query for the child; the contract's field names."""
        first, middle, last = self._write_names(child)
        query = {"student_first": first, "student_middle": middle, "student_last": last}
        query["birth_date"] = self._write_date(child.birth_date)
        query["student_id"] = self._write_id(child.student_id)
        query["school"] = self._write_school(child.school)
        query["grade"] = self._write_grade(child.grade)
        query["parent_name"] = self._write_parent(child)
        return {field: value for field, value in query.items() if value}

    def _write_names(self, child: Child) -> tuple[str, str, str]:
        rng, habits = self._rng, self._habits
        first, middle, last = child.first, child.middle if self._happens(0.4) else "", child.last
        if middle and self._happens(0.3):
            middle = middle[:1]
        if child.preferred_first and self._happens(0.4):
            first = child.preferred_first
        elif self._happens(habits.nickname):
            first = rng.choice(sorted(_NICKNAMER.nicknames_of(first.lower())) or [first]).title()
        pieces = last.replace("-", " ").split()
        if len(pieces) > 1 and self._happens(habits.half_surname):
            last = rng.choice([pieces[0], pieces[0], pieces[-1], "".join(pieces), "-".join(pieces), " ".join(pieces)])
        if " " in first and self._happens(0.3):
            first = first.split()[0]
        if child.culture in PATRONYMIC:
            if child.middle and self._happens(habits.father_as_last):
                middle, last = "", child.middle if self._happens(0.6) else f"{child.middle} {child.last}"
            first = _respell(rng, first) if self._happens(habits.spelling) else first
            last = _respell(rng, last) if self._happens(habits.spelling) else last
        letters = "abcdefghijklmnopqrstuvwxyz"
        first = _slip(rng, first, letters) if self._happens(habits.name_slip) else first
        last = _slip(rng, last, letters) if self._happens(habits.name_slip) else last
        reversing = habits.swapped_names * (3 if child.culture in {"vietnamese", "chinese"} else 1)
        if self._happens(reversing):
            first, last = last, first
        if self._happens(0.2):
            first, last = first.upper(), last.upper()
        return first, middle, last

    def _write_date(self, text: str) -> str:
        rng, habits = self._rng, self._habits
        if self._happens(habits.no_date):
            return ""
        year, month, day = text.split("-")
        if self._happens(habits.swapped_day):
            month, day = day, month
        if self._happens(0.006):
            year = str(int(year) + rng.choice([-1, 1, 2]))
        if self._happens(0.003):
            month, day = "01", "01"
        digits = list(year + month + day)
        if self._happens(habits.date_slip):
            digits[rng.randrange(2, 8)] = rng.choice("0123456789")
        whole = "".join(digits)
        year, month, day = whole[:4], whole[4:6], whole[6:]
        return rng.choice(
            [
                f"{year}-{month}-{day}",
                f"{month}/{day}/{year}",
                f"{int(month)}/{int(day)}/{year}",
                f"{month}-{day}-{year[2:]}",
            ]
        )

    def _write_id(self, number: str) -> str:
        if not number or self._happens(self._habits.no_id):
            return ""
        if self._happens(0.01):
            return str(self._rng.randrange(1_000_000, 9_999_999))
        return _slip(self._rng, number, "0123456789") if self._happens(self._habits.id_slip) else number

    def _write_school(self, school: str) -> str:
        rng = self._rng
        if self._happens(self._habits.no_school):
            return ""
        words = school.split()
        short = [
            school,
            school,
            words[0],
            " ".join(words[:-1]),
            "".join(word[0] for word in words),
            " ".join([*words[:1], words[-1]]),
        ]
        short.append(
            school.replace("Elementary School", "Elem").replace("High School", "HS").replace("Middle School", "MS")
        )
        return rng.choice(short)

    def _write_grade(self, grade: str) -> str:
        if not grade or self._happens(0.15):
            return ""
        if grade.isdigit() and self._happens(self._habits.grade_off):
            return str(int(grade) + self._rng.choice([-1, 1]))
        return self._rng.choice([grade, grade, f"{grade}th"])

    def _write_parent(self, child: Child) -> str:
        people = [person.strip() for person in child.guardians.split(";") if person.strip()]
        if not people or self._happens(self._habits.no_parent):
            return ""
        if self._happens(self._habits.other_parent):
            return f"{self._rng.choice(['Maria', 'John', 'Amina', 'Linh', 'Wei', 'Sara'])} {child.last}"
        person = self._rng.choice(people)
        return _slip(self._rng, person, "aeiounrst") if self._happens(self._habits.name_slip) else person


def _invent_absent(
    rng: random.Random, model: Child, pool: Sequence[str], taken: set[str], schools: Sequence[str]
) -> Child:
    """A child who isn't enrolled: a sibling or a twin of `model`, named as children of that culture are."""
    kind = rng.choice(("sibling", "sibling", "twin"))
    first = rng.choice([name for name in rng.choices(pool, k=8) if name not in taken] or [model.first + "a"])
    middle = model.middle if model.culture in PATRONYMIC or not model.middle else rng.choice(pool).split()[0]
    number = rng.choice(["", str(rng.randrange(10**6, 10**7))])
    absent = replace(
        model, first=first, middle=middle, preferred_first="", other_names="", student_id=number, kind=kind
    )
    if kind == "twin":
        return absent
    year = model.birth_date[:4]
    apart = rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])
    born = f"{int(year) + apart:04d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    grade = str(int(model.grade) - apart) if model.grade.isdigit() and 0 <= int(model.grade) - apart <= 12 else ""
    school = model.school if rng.random() < 0.5 else rng.choice(schools)
    return replace(absent, birth_date=born, grade=grade, school=school)


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's answer against the truth: the best candidate's probability, and whether it is the child."""

    child: Child
    probability: float
    right: bool

    @property
    def enrolled(self) -> bool:
        """Whether there was a child to find."""
        return self.child.kind == "enrolled"


def draw_children(
    students: Sequence[DistrictStudent], held_out: int, seed: int, queries: int
) -> tuple[list[Child], list[Child]]:
    """The enrolled children, and the children asked for: a share of them isn't enrolled."""
    rng = random.Random(seed)  # noqa: S311  sample data, never a secret
    children = [
        Child(
            student.student_id, student.first, student.middle, student.last, student.preferred_first, student.other_names,
            student.birth_date, student.school, student.grade, student.guardians, str(student.culture),
        )
        for student in students
    ]  # fmt: skip
    rng.shuffle(children)
    enrolled = sorted(children[held_out:], key=lambda child: child.student_id)
    strangers = [replace(child, kind="stranger") for child in children[:held_out]]
    pools: dict[str, list[str]] = defaultdict(list)
    for child in children:
        pools[child.culture].append(child.first)
    families: dict[tuple[str, str], set[str]] = defaultdict(set)
    for child in enrolled:
        families[child.last, child.guardians] |= {child.first, child.preferred_first}
    schools = sorted({child.school for child in children})
    asked: list[Child] = []
    for number in range(queries):
        model = rng.choice(enrolled)
        if rng.random() >= NOT_ENROLLED_SHARE:
            asked.append(model)
        elif strangers and rng.random() < 0.5:
            asked.append(strangers[number % len(strangers)])
        else:
            asked.append(
                _invent_absent(rng, model, pools[model.culture], families[model.last, model.guardians], schools)
            )
    return enrolled, asked


def judge(asked: Sequence[Child], found: Sequence[list[Candidate]]) -> list[Answer]:
    """Each query's best candidate against the truth."""
    answers: list[Answer] = []
    for child, candidates in zip(asked, found, strict=True):
        best = candidates[0] if candidates else None
        right = best is not None and child.kind == "enrolled" and best.student_id == child.student_id
        answers.append(Answer(child, best.probability if best else 0.0, right))
    return answers


def upper_bound(wrong: int, trials: int, confidence: float = 0.95) -> float:
    """Exact (Clopper-Pearson) upper bound of a share."""
    return 1.0 if wrong >= trials else float(beta.ppf(confidence, wrong + 1, trials - wrong))


def _accept_at(answers: Sequence[Answer], recall: float) -> float:
    right = sorted((answer.probability for answer in answers if answer.right), reverse=True)
    needed = int(recall * sum(answer.enrolled for answer in answers) + 0.999)
    return right[needed - 1] if 0 < needed <= len(right) else 0.0


def summarise(answers: Sequence[Answer]) -> dict[str, object]:
    """The figures of one run, shares between 0 and 1."""
    enrolled = [answer for answer in answers if answer.enrolled]
    threshold = _accept_at(answers, RECALL)
    accepted = [answer for answer in answers if answer.probability >= threshold]
    wrong = sum(not answer.right for answer in accepted)
    claims = {}
    for claim in CLAIMS:
        sure = [answer for answer in answers if answer.probability >= claim]
        errors = sum(not answer.right for answer in sure)
        claims[str(claim)] = {
            "answers": len(sure),
            "claimed_error": round(sum(1 - answer.probability for answer in sure) / max(len(sure), 1), 6),
            "real_error": round(errors / max(len(sure), 1), 6),
            "real_error_upper_95": round(upper_bound(errors, len(sure)), 6) if sure else 1.0,
        }
    by_culture = {}
    for culture in sorted({answer.child.culture for answer in enrolled}):
        own = [answer for answer in answers if answer.child.culture == culture]
        there = [answer for answer in own if answer.enrolled]
        taken = [answer for answer in own if answer.probability >= threshold]
        by_culture[culture] = {
            "queries": len(own),
            "right_first": round(sum(answer.right for answer in there) / len(there), 4),
            "accepted": round(
                sum(answer.right and answer.probability >= threshold for answer in there) / len(there), 4
            ),
            "false_among_accepted": round(sum(not answer.right for answer in taken) / max(len(taken), 1), 5),
        }
    recalls = [figures["accepted"] for figures in by_culture.values()]
    return {
        "right_first": round(sum(answer.right for answer in enrolled) / max(len(enrolled), 1), 5),
        "recall_at_0.99": round(
            sum(answer.right and answer.probability >= 0.99 for answer in enrolled) / max(len(enrolled), 1), 5
        ),
        "accept_threshold": round(threshold, 6),
        "false_among_accepted": round(wrong / max(len(accepted), 1), 6),
        "false_among_accepted_upper_95": round(upper_bound(wrong, len(accepted)), 6),
        "false_by_kind": {
            kind: sum(not answer.right and answer.child.kind == kind for answer in accepted)
            for kind in ("enrolled", "stranger", "sibling", "twin")
        },
        "claims": claims,
        "by_culture": by_culture,
        "culture_gap": round(max(recalls) - min(recalls), 4) if recalls else 0.0,
    }


def frame_of(children: Sequence[Child]) -> pd.DataFrame:
    """The enrollment frame of the contract."""
    return pd.DataFrame([asdict(child) for child in children]).drop(columns=["culture", "kind"])


def measure(students: Sequence[DistrictStudent], seed: int, queries: int) -> dict[str, object]:
    """All figures for one district, one draw of habits and one seed."""
    held_out = len(students) // 20
    enrolled, asked = draw_children(students, held_out, seed, queries)
    rng = random.Random(seed + 1)  # noqa: S311  sample data, never a secret
    family = Family(rng, draw_habits(rng))
    written = [family.write(child) for child in asked]
    frame = frame_of(enrolled)
    start = time.perf_counter()
    matcher = Matcher(frame)
    index_seconds = time.perf_counter() - start
    single: list[float] = []
    for query in written[:200]:
        start = time.perf_counter()
        matcher.match(query)
        single.append(time.perf_counter() - start)
    start = time.perf_counter()
    found = matcher.match_batch(written)
    batch_seconds = time.perf_counter() - start
    figures = summarise(judge(asked, found))
    return {
        "students": len(enrolled),
        "queries": len(asked),
        "seed": seed,
        "index_seconds": round(index_seconds, 2),
        "single_p50_ms": round(1000 * sorted(single)[len(single) // 2], 2),
        "queries_a_second": round(len(written) / batch_seconds, 1),
        **figures,
    }


def run(students: int, seed: int, queries: int = 4000) -> dict[str, object]:
    """The bench: a district of `students` children from the fixtures' generator, figures ready to print as JSON."""
    from fixtures.district import make_district  # only benches and the demo know the fixtures

    return measure(make_district(students * 20 // 19 + 1, seed), seed, queries)
