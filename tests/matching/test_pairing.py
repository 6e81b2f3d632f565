"""Forms and list rows are paired as one assignment; near ties, contradictions and lonely ones are shown."""

from matching import Agreement, pair_rows
from tests.matching.paper import Paper

PEOPLE = [
    ("Ana", "Garcia Lopez", "2012-03-04", "2000011"),
    ("Xuseen", "Maxamed", "2011-01-01", ""),
    ("Linh", "Nguyen", "2010-11-12", "2000345"),
    ("Mia", "Okafor", "2013-05-06", ""),
    ("Maya", "Okafor", "2013-05-06", ""),
    ("Robert", "O'Brien", "2009-12-10", "2004567"),
]


def _row(person: tuple[str, str, str, str]) -> dict[str, str]:
    return dict(zip(("student_first", "student_last", "birth_date", "student_id"), person, strict=True))


def _form(person: tuple[str, str, str, str], noise: float = 0.25, seed: int = 0) -> dict[str, Paper]:
    return {field: Paper(value, noise, seed + place) for place, (field, value) in enumerate(_row(person).items())}


def test_noisy_forms_find_their_rows_in_any_order() -> None:
    forms = [_form(person, 0.3, 40 * number) for number, person in enumerate(PEOPLE)]
    pairings = pair_rows(forms, [_row(person) for person in reversed(PEOPLE)])
    assert [(pairing.form, pairing.row) for pairing in pairings] == [(number, 5 - number) for number in range(6)]
    assert all(pairing.probability > 0.9 and not pairing.contradictions for pairing in pairings)


def test_twins_are_told_apart_by_the_first_name_only() -> None:
    forms = [_form(PEOPLE[4], 0.1, 1), _form(PEOPLE[3], 0.1, 9)]
    pairings = pair_rows(forms, [_row(PEOPLE[3]), _row(PEOPLE[4])])
    assert [(pairing.form, pairing.row) for pairing in pairings] == [(0, 1), (1, 0)]
    nameless = [{**form, "student_first": Paper("")} for form in forms]
    assert all(pairing.margin < 0.5 for pairing in pair_rows(nameless, [_row(PEOPLE[3]), _row(PEOPLE[4])]))


def test_a_child_listed_twice_shows_no_margin() -> None:
    pairings = pair_rows([_form(PEOPLE[0])], [_row(PEOPLE[0]), _row(PEOPLE[0])])
    assert pairings[0].row is not None
    assert pairings[0].margin < 0.5
    assert [pairing.row for pairing in pairings if pairing.form is None] == [1 - pairings[0].row]


def test_strangers_stay_alone_on_both_sides() -> None:
    pairings = pair_rows([_form(PEOPLE[0]), _form(PEOPLE[2])], [_row(PEOPLE[2]), _row(PEOPLE[5])])
    assert [(pairing.form, pairing.row) for pairing in pairings] == [(0, None), (1, 0), (None, 1)]


def test_a_sibling_s_row_is_not_the_form_s() -> None:
    sibling = ("Luis", "Garcia Lopez", "2014-07-19", "")
    pairing = pair_rows([_form(PEOPLE[0], 0.1)], [_row(sibling), _row(PEOPLE[5])])[0]
    assert pairing.row is None or {"student_first", "birth_date"} <= set(pairing.contradictions)


def test_a_contradicting_birth_date_is_exposed() -> None:
    wrong = ("Ana", "Garcia Lopez", "2009-10-27", "2000011")
    pairing = pair_rows([_form(PEOPLE[0], 0.1)], [_row(wrong), _row(PEOPLE[1])])[0]
    assert pairing.row == 0
    assert pairing.contradictions == ("birth_date",)
    assert pairing.agreement.student_id is Agreement.EXACT


def test_typed_forms_pair_too_and_nothing_pairs_with_nothing() -> None:
    assert pair_rows([_row(PEOPLE[0])], [_row(PEOPLE[0])])[0].row == 0
    assert pair_rows([], []) == []
    assert [(pairing.form, pairing.row) for pairing in pair_rows([{}], [{}])] == [(0, None), (None, 0)]
