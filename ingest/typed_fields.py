"""Values that a program typed into a PDF's form fields, read with pikepdf inside the child.

The value stands in the file even where no viewer has drawn it, so a form filled on a computer needs no reading of
pixels. A tick box is "Yes" or "Off"; if its value and its look contradict each other it is left out, because then only
a person or the pixels can say what was meant. A form that pikepdf cannot open gives no values, and the page is still
drawn.
"""

from __future__ import annotations

import io

import pikepdf

_HIDDEN_OR_NOT_VIEWED = 1 << 1 | 1 << 5
_PUSH_BUTTON, _RADIO = 1 << 16, 1 << 15
_VALUE_CHARACTERS = 2000
_DEPTH = 16


def read_typed_fields(content: bytes, page_index: int) -> dict[str, str]:
    """Field name to value for the fields shown on one page; text fields only where they hold something."""
    values: dict[str, str] = {}
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            for widget in document.pages[page_index].obj.get("/Annots", pikepdf.Array()):
                if isinstance(widget, pikepdf.Dictionary) and _is_shown(widget):
                    name, value = _read_widget(widget)
                    if name and value and values.get(name, "Off") == "Off":
                        values[name] = value
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError):
        return values
    return values


def _is_shown(widget: pikepdf.Dictionary) -> bool:
    """True for a field that the page shows; a hidden one says nothing that its reader could have seen."""
    return widget.get("/Subtype") == "/Widget" and not int(widget.get("/F", 0)) & _HIDDEN_OR_NOT_VIEWED


def _read_widget(widget: pikepdf.Dictionary) -> tuple[str, str]:
    chain: list[pikepdf.Dictionary] = []
    node: pikepdf.Object | None = widget
    while isinstance(node, pikepdf.Dictionary) and len(chain) < _DEPTH:
        chain.append(node)
        node = node.get("/Parent")
    name = ".".join(str(node["/T"]) for node in reversed(chain) if "/T" in node)
    kind = _inherited(chain, "/FT")
    value = _inherited(chain, "/V")
    if kind == "/Btn":
        return name, _read_button(chain, value)
    if kind not in ("/Tx", "/Ch") or value is None:
        return name, ""
    if isinstance(value, pikepdf.Array):
        text = ";".join(str(part) for part in value)
    elif isinstance(value, pikepdf.Stream):
        text = value.read_bytes()[: 4 * _VALUE_CHARACTERS].decode("utf-8", "replace")
    else:
        text = str(value)
    return name, text.strip()[:_VALUE_CHARACTERS]


def _read_button(chain: list[pikepdf.Dictionary], value: pikepdf.Object | None) -> str:
    flags = int(_inherited(chain, "/Ff") or 0)
    if flags & _PUSH_BUTTON:
        return ""
    look, stated = _state(chain[0].get("/AS")), _state(value)
    if flags & _RADIO:
        return stated or look or "Off"
    if look and stated and (look == "Off") != (stated == "Off"):
        return ""
    return "Off" if (look or stated or "Off") == "Off" else "Yes"


def _state(value: pikepdf.Object | None) -> str:
    return "" if value is None else str(value).lstrip("/")


def _inherited(chain: list[pikepdf.Dictionary], key: str) -> pikepdf.Object | None:
    for node in chain:
        if key in node:
            return node[key]
    return None
