"""The bench of pages: whether the right blank is found, and how exactly it lies, in every kind of scan.

Pages are filled in with handwriting fonts and degraded in every way. Decides nothing: it counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from consentry.benches.blanks import KnownBlank, fill
from fixtures.photographing import photograph_two, scan_two
from fixtures.scanning import Scan, ScanKind, degrade
from ocr.pictures import to_grey
from ocr.registration import Registration, register_forms

_CORNERS_WITHIN = 2.0
_FROM_AFAR = (ScanKind.PHOTO, ScanKind.CURLED, ScanKind.FINGERS, ScanKind.FAX)


def measure_pages(known: Sequence[KnownBlank], each: int, seed: int) -> dict[str, object]:
    """Of every kind of scan: the share of pages whose blank was found, and found alone; corner errors in pixels at 200 dpi."""
    templates = [entry.template for entry in known]
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for number, kind in enumerate(list(ScanKind) * each):
        rng = np.random.default_rng([seed, number])
        entry = known[int(rng.integers(len(known)))]
        scan = degrade(fill(entry.blank, rng), kind, rng)
        found = register_forms(to_grey(scan.pixels), templates)
        asked[kind] += 1
        if len(found) == 1 and found[0].template is entry.template:
            right[kind] += 1
            errors[kind].append(_measure_corners(found[0], scan))
    total = [error for kind in errors.values() for error in kind]
    afar = [sum(count[kind] for kind in _FROM_AFAR) for count in (right, asked)]
    return {
        "registered_photos_and_faxes": round(afar[0] / max(afar[1], 1), 4),
        "registered": round(right.total() / max(asked.total(), 1), 4),
        "registered_by_kind": {kind: f"{right[kind]} of {asked[kind]}" for kind in asked},
        "corner_error_mean": round(float(np.mean(total)), 2) if total else None,
        "corner_error_by_kind": {kind: round(float(np.mean(found)), 2) for kind, found in errors.items()},
        "corner_error_largest_by_kind": {kind: round(max(found), 2) for kind, found in errors.items()},
        "within_two_pixels": round(float(np.mean(np.array(total) < _CORNERS_WITHIN)), 4) if total else None,
    }


def _measure_corners(found: Registration, scan: Scan) -> float:
    height, width = found.template.page.shape
    return scan.measure_corners(width, height, found.page_map.locate_page((height, width)))


def measure_two(known: Sequence[KnownBlank], pictures: int, seed: int) -> dict[str, object]:
    """Pictures of two forms, by phone and by scanner in turn: how many were found, each in its place."""
    templates = [entry.template for entry in known]
    found_both, right = 0, 0
    for number in range(pictures):
        rng = np.random.default_rng([seed, 77, number])
        entries = [known[int(place)] for place in rng.integers(len(known), size=2)]
        lay = photograph_two if number % 2 == 0 else scan_two
        scans = lay([fill(entry.blank, rng) for entry in entries], rng)
        found = register_forms(to_grey(scans[0].pixels), templates)
        hits = sum(
            entry.template is seen.template and _measure_corners(seen, scan) < 5.0
            for entry, scan, seen in zip(entries, scans, found, strict=False)
        )
        right += hits
        found_both += hits == 2 and len(found) == 2
    return {"pictures": pictures, "forms_found": f"{right} of {2 * pictures}", "both_and_no_more": found_both}
