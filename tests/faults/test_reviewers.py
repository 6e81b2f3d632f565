"""P22: several people on one case decide it once; who sent a form in doesn't decide on it; a stale page is refused."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from consentry.desk.deciding import decide_case
from consentry.desk.undoing import reverse_decision
from consentry.errors import CommandError
from consentry.program import Program
from consentry.settings import Settings
from tests.faults.plain_district import PlainDistrict
from tests.faults.processes import TODAY


def race(program: Program, case_id: str, actions: tuple[str, ...]) -> Counter[str]:
    """All decide at the same moment; how it came out for them."""
    start, came = threading.Barrier(len(actions)), Counter[str]()

    def decide(number: int, action: str) -> None:
        start.wait()
        try:
            decide_case(program, case_id, action, None, "looked at", f"person-{number}")
            came[action] += 1
        except CommandError as error:
            assert "decided already" in str(error)
            came["too late"] += 1

    threads = [threading.Thread(target=decide, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def race_often(district: PlainDistrict, races: int) -> Counter[str]:
    program = Program.open(Settings(home=district.home, today=TODAY))  # type: ignore[arg-type]  # parsed by it
    case_id = str(district.expect("queue", "list")[0]["case_id"])
    came = Counter[str]()
    for number in range(races):
        result = race(program, case_id, ("reject", "return") if number % 2 else ("return", "reject", "reject"))
        assert sum(result.values()) - result["too late"] == 1, result
        came += result
        reverse_decision(program, case_id, "lena", "another race", True)
    program.installation.engine.dispose()
    decided = [entry for entry in district.read_ledger() if entry["event"] == "review-decided"]
    assert len(decided) == races
    assert district.expect("ledger", "verify")["whole"]
    return came


def test_of_two_people_on_a_case_one_decides(settled_district: PlainDistrict) -> None:
    race_often(settled_district, 8)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_of_a_thousand_races_each_has_one_decision(
    settled_district: PlainDistrict, note_figure: Callable[[str], None]
) -> None:
    came = race_often(settled_district, 1000)
    note_figure(f"P22: 1000 races of 2 or 3 people on a case: 1000 decisions ({dict(came)})")
