"""Drafts the field map of a blank for a person to look at: the YAML beside the blank, and a picture of its boxes.

Decides nothing about the form and learns nothing; it never writes over a map that is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from consentry.errors import CommandError
from ocr import Draft, TemplateError, draft_field_map, draw_draft, locate_field_map, write_draft, write_png


@dataclass(frozen=True, slots=True)
class WrittenDraft:
    """A draft, and the files that it was written to."""

    draft: Draft
    map_file: Path
    picture_file: Path

    def as_json(self) -> dict[str, object]:
        """For machines."""
        fields = [
            {
                "field": drafted.field.name,
                "page": drafted.field.page_number,
                "box": list(drafted.field.box),
                "label": drafted.label,
                "score": drafted.score,
                "sure": drafted.is_sure,
            }
            for drafted in self.draft.fields
        ]
        return {
            "map": str(self.map_file),
            "picture": str(self.picture_file),
            "fields": fields,
            "not_found": list(self.draft.missing),
        }

    def in_words(self) -> str:
        """For people."""
        unsure = [drafted.field.name for drafted in self.draft.fields if not drafted.is_sure]
        lines = [f"{len(self.draft.fields)} fields proposed in {self.map_file}, drawn in {self.picture_file}"]
        lines += [f"unsure: {', '.join(unsure)}"] if unsure else []
        lines += [f"not found: {', '.join(self.draft.missing)}"] if self.draft.missing else []
        return "\n".join([*lines, "look at both, mend the map, then run 'form add' without --draft-map"])


def draft_map(blank: Path) -> WrittenDraft:
    """Drafts the map of a blank beside it. `CommandError`: no file, no PDF, or a map that is there already."""
    target = locate_field_map(blank)
    if not blank.is_file():
        raise CommandError(f"no such file: {blank}")
    if target.exists():
        raise CommandError(f"{target} is there already: move it away to have another one drafted")
    try:
        draft = draft_field_map(blank)
        picture = write_png(draw_draft(blank, draft))
    except TemplateError as error:
        raise CommandError(f"cannot look at the form: {error}") from None
    picture_file = blank.with_suffix(".fields.png")
    target.write_text(write_draft(draft, blank.name), encoding="utf-8")
    picture_file.write_bytes(picture)
    return WrittenDraft(draft, target, picture_file)
