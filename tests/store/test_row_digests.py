"""Digests of many raw rows at once: each as it would be alone, and as the row itself says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.row_digests import RowReader
from store.tables import Delivery, Form, FormTemplate, Grant, PersonStep

NOW = datetime(2024, 10, 1, 8, 30, tzinfo=UTC)
READERS = [RowReader(table) for table in (Form, FormTemplate, Grant, PersonStep, Delivery)]
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.binary(max_size=3),
    st.text(max_size=4),
    st.sampled_from(
        ["program", "paper", "{}", '{"a":1}', '{"a": 1}', "2024-10-01", "2024-10-01T00:00:00.000000+00:00"]
    ),
)


@given(st.data(), st.sampled_from(READERS))
@settings(max_examples=150)
def test_rows_read_together_are_read_as_each_alone(data: st.DataObject, reader: RowReader) -> None:
    width = reader.sql.count('"') // 2
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width).map(tuple), min_size=1, max_size=6))
    alone = [content for row in rows for content in reader.write([row])]
    assert list(reader.write(rows)) == alone
    assert reader.identify(rows) == [key for row in rows for key in reader.identify([row])]


def test_a_value_of_another_kind_is_never_written_as_the_right_one() -> None:
    reader = RowReader(Grant)
    names = [part.split('"')[1] for part in reader.sql.split(",")]
    right: dict[str, Any] = dict.fromkeys(names, "x") | {"revoked_on": None, "categories": "[]", "school_year": "1"}
    others = {"revoked_on": float("inf"), "categories": "[ ]", "school_year": 1, "grant_id": b"x"}
    rows = [tuple((right | {name: value}).values()) for name, value in others.items()]
    written = set(reader.write([tuple(right.values()), *rows]))
    assert len(written) == 1 + len(others)


def test_a_raw_row_has_the_digest_that_the_row_itself_gives() -> None:
    step = PersonStep(
        step_id="person-1",
        partner_id="rainier",
        user_principal_name="ana@rainier.example",
        school_year="2024-25",
        status="active",
        full_name="",
        named_by="account",
        actor="program",
        document_sha256=None,
        on_date=date(2024, 9, 2),
        recorded_at=NOW,
    )
    digest = step.digest()
    raw = {column.key: getattr(step, column.key) for column in step.__table__.columns}
    raw |= {"on_date": "2024-09-02", "recorded_at": "2024-10-01T08:30:00.000000+00:00"}
    assert RowReader(PersonStep).digest([tuple(raw.values())]) == [bytes.fromhex(digest)]
