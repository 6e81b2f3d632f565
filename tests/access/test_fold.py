"""The access set follows from the entries: a grant that no right entry gave is named, also with a fitting digest."""

from __future__ import annotations

from typing import Any

from access.fold import AccessFold
from store.tables import Grant


def body(seq: int, event: str, **grants: str | None) -> dict[str, Any]:
    return {"seq": seq, "event": event, "rows": {"grants": grants}}


def fold(*bodies: dict[str, Any], grants: tuple[Grant, ...] = ()) -> list[str]:
    folded = AccessFold()
    for each in bodies:
        folded.note(each)
    return [found.words for found in folded.find_breaks(grants)]


def test_grants_that_were_given_and_ended_follow() -> None:
    ended = Grant(grant_id="g", revoked_on=None)
    assert fold(body(1, "access-granted", g="a"), body(2, "access-withdrawn", g="b"), grants=(ended,)) == []
    assert fold({"seq": 1, "event": "form-read", "rows": {"forms": {"f": "a"}}}) == []


def test_a_grant_written_by_an_entry_that_gives_none_is_named() -> None:
    told = fold(body(4, "form-read", g="a"), grants=(Grant(grant_id="g"),))
    assert told == ["written by an entry form-read that gives none", "no entry gave this grant"]


def test_a_grant_that_is_gone_is_named_unless_it_was_erased() -> None:
    given = body(1, "access-granted", g="a")
    assert fold(given) == ["the grant that this entry gave is gone"]
    assert fold(given, body(2, "records-erased", g=None)) == []
