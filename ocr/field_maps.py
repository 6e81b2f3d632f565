"""Field maps: where the fields of a blank lie, written by a person in a YAML file beside the PDF.

Decides whether a map holds: it is checked whole, against the pages of its PDF, and all faults are told together with their
lines. It never guesses what a faulty entry may have meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ocr.blank_pdfs import BlankPage, PointBox
from ocr.errors import TemplateError
from ocr.types import FIELD_KINDS

_KEYS = ("field", "page", "box")
MUST_BE_TOLD = ("consent_yes", "consent_no", "parent_signature", "parent_date")
_SMALLEST_SIDE = 4.0
_OVERHANG = 1.0
_MOST_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class MappedField:
    """A field of the contract and its box on a page, counted from 1."""

    name: str
    page_number: int
    box: PointBox


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The fields of a blank."""

    fields: tuple[MappedField, ...]

    def on_page(self, page_number: int) -> dict[str, PointBox]:
        """The boxes of one page by field."""
        return {field.name: field.box for field in self.fields if field.page_number == page_number}


class FieldMapError(TemplateError):
    """A field map doesn't hold; `faults` are sentences that begin with their line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"the field map has {len(faults)} fault{'s' * (len(faults) > 1)}: {'; '.join(faults)}")
        self.faults = tuple(faults)


def locate_field_map(blank: str | Path) -> Path:
    """Where the map of a blank is looked for: beside it, under its name with `.yaml`."""
    return Path(blank).with_suffix(".yaml")


def read_field_map(text: str, pages: Sequence[BlankPage]) -> FieldMap:
    """A map out of its YAML. `FieldMapError` names every fault."""
    try:
        whole = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise FieldMapError([f"line {mark.line + 1 if mark else 1}: this is not YAML"]) from None
    listed, absent = _find_list(whole, "fields"), _find_list(whole, "absent")
    keys = len(whole.value) if isinstance(whole, yaml.MappingNode) else 0
    if listed is None or keys != 1 + (absent is not None):
        raise FieldMapError(["line 1: a map is a list under the key 'fields', and perhaps one under 'absent'"])
    faults: list[str] = []
    found: list[MappedField] = []
    for node in listed.value:
        entry = _read_entry(node, pages)
        if isinstance(entry, MappedField):
            faults += [f"line {node.start_mark.line + 1}: {fault}" for fault in _find_clashes(entry, found)]
            found.append(entry)
        else:
            faults += [f"line {node.start_mark.line + 1}: {fault}" for fault in entry]
    if not listed.value:
        faults.append("line 1: no field is listed")
    faults += _find_untold(found, absent)
    if faults:
        raise FieldMapError(faults)
    return FieldMap(tuple(found))


def _find_list(whole: yaml.Node | None, name: str) -> yaml.SequenceNode | None:
    if not isinstance(whole, yaml.MappingNode):
        return None
    return next((node for key, node in whole.value if key.value == name and isinstance(node, yaml.SequenceNode)), None)


def _find_untold(found: Sequence[MappedField], absent: yaml.SequenceNode | None) -> Iterator[str]:
    """What decides a consent has to be mapped, or said not to stand on the form: left out by mistake it would count for yes."""
    named = {entry.name for entry in found}
    said = [node.value for node in absent.value] if absent is not None else []
    line = absent.start_mark.line + 1 if absent is not None else 1
    yield from (f"line {line}: no field is called {name!r}" for name in said if name not in FIELD_KINDS)
    yield from (f"line {line}: {name} is mapped and said to be absent" for name in said if name in named)
    yield from (
        f"line 1: {name} is neither mapped nor listed under 'absent'"
        for name in MUST_BE_TOLD
        if name not in named and name not in said
    )


def _read_entry(node: yaml.Node, pages: Sequence[BlankPage]) -> MappedField | list[str]:
    if not isinstance(node, yaml.MappingNode):
        return ["an entry has the keys field, page and box"]
    values: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value not in _KEYS or key.value in values:
            return [f"an entry has the keys field, page and box, each once, not {key.value!r}"]
        values[key.value] = _build(value)
    missing = [key for key in _KEYS if key not in values]
    if missing:
        return [f"{', '.join(missing)} missing"]
    name, page_number, box = values["field"], values["page"], _as_box(values["box"])
    faults = []
    if not isinstance(name, str) or name not in FIELD_KINDS:
        faults.append(f"no field is called {name!r}; docs/forms.md lists them")
    if isinstance(page_number, bool) or not isinstance(page_number, int) or not 1 <= page_number <= len(pages):
        faults.append(f"page {page_number!r} is none of the PDF's {len(pages)}")
    elif box is not None:
        faults += _find_box_faults(box, pages[page_number - 1])
    if box is None:
        faults.append("a box is four numbers: left, top, right, bottom")
    if faults or box is None or not isinstance(name, str) or not isinstance(page_number, int):
        return faults
    return MappedField(name, page_number, box)


def _build(node: yaml.Node) -> object:
    """A value as YAML's plain types; None for one that is none of them, such as `=` or a day of no calendar."""
    try:
        built: object = yaml.safe_load(yaml.serialize(node))
    except (yaml.YAMLError, ValueError):
        return None
    return built


def _as_box(value: object) -> PointBox | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    sides = [float(side) for side in value if isinstance(side, int | float) and not isinstance(side, bool)]
    return PointBox(*sides) if len(sides) == 4 and all(map(math.isfinite, sides)) else None


def _find_box_faults(box: PointBox, page: BlankPage) -> Iterator[str]:
    if box.right - box.left < _SMALLEST_SIDE or box.bottom - box.top < _SMALLEST_SIDE:
        yield "the box is smaller than 4 points, or its right or bottom comes before its left or top"
    elif (
        min(box.left, box.top) < -_OVERHANG
        or box.right > page.width + _OVERHANG
        or box.bottom > page.height + _OVERHANG
    ):
        yield f"the box lies outside the page of {page.width:g} x {page.height:g} points"


def _find_clashes(entry: MappedField, before: Sequence[MappedField]) -> Iterator[str]:
    for other in before:
        if other.name == entry.name:
            yield f"{entry.name} stands here a second time"
        elif other.page_number == entry.page_number and _measure_shared(other.box, entry.box) > _MOST_SHARED:
            yield f"{entry.name} lies on {other.name}"


def _measure_shared(one: PointBox, other: PointBox) -> float:
    """The area that two boxes share, of the smaller one's."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min((box.right - box.left) * (box.bottom - box.top) for box in (one, other))
    return max(across, 0.0) * max(down, 0.0) / max(smaller, 1e-9)
