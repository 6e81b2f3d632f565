"""The fields of a reading as the contract's JSON has them."""

from __future__ import annotations

from dataclasses import dataclass

from ocr import FieldKind, FieldReading, FormReading, Mark
from store import JsonValue


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field: its value as text, the engine's confidence, its box in page pixels, which engine read it."""

    value: str
    confidence: float
    box: tuple[int, ...]
    engine: str

    def as_json(self) -> dict[str, JsonValue]:
        """The field as the contract has it."""
        return {
            "value": self.value,
            "confidence": self.confidence,
            "box": list(self.box),
            "engine": self.engine,
        }


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """Whether the form is signed, and how sure that is."""

    present: bool
    confidence: float

    def as_json(self) -> dict[str, JsonValue]:
        """The signature as the contract has it."""
        return {"present": self.present, "confidence": self.confidence}


def show_fields(reading: FormReading) -> dict[str, ShownField]:
    """All fields of a form. Tick boxes and signatures show their mark, dates YYYY-MM-DD where they could be read."""
    return {
        name: ShownField(_show_value(field), round(field.confidence, 4), tuple(field.box), field.engine)
        for name, field in reading.fields.items()
    }


def show_signature(reading: FormReading) -> ShownSignature:
    """The signature that counts: the parent's, or the student's where the parent did not sign."""
    signed = [reading.fields[name] for name in ("parent_signature", "student_signature") if name in reading.fields]
    present = [field for field in signed if field.mark is Mark.MARKED]
    if present:
        return ShownSignature(True, round(present[0].confidence, 4))
    return ShownSignature(False, round(min((field.confidence for field in signed), default=0.0), 4))


def _show_value(field: FieldReading) -> str:
    if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        return field.mark.value
    return field.value or field.text
