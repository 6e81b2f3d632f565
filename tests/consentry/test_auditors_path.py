"""From one cell of a report to the parent's signature on the scan, by the commands of the readme alone."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

import store.verify_bundle
from tests.consentry.conftest import District
from tests.consentry.granting import write_data


def test_from_a_cell_to_the_ink(district: District) -> None:
    head, bundle = district.folder / "head.json", district.folder / "trace.zip"
    district.expect("ledger", "head", "--out", str(head))
    district.save(district.fill("1000003"), "scan.png")
    district.take_in(district.write_list("1000003"))
    data, out = write_data(district.folder / "data"), district.folder / "package"
    delivery = district.expect("adr", "rainier", "--data", str(data), "--out", str(out))["delivery_id"]
    with (out / "05-attendance-summary.csv").open(encoding="utf-8-sig", newline="") as file:
        cell = next(csv.DictReader(file))
    assert float(cell["AttendanceRate"]) > 0
    rows = district.expect("access", "rainier", "--on", cell["ReportDate"])
    grant_id = next(row["grant_id"] for row in rows if row["student_id"] == cell["SPSStudentID"])
    chain = district.expect("trace", "--grant", grant_id, "--bundle", str(bundle))
    assert [one["delivery_id"] for one in chain["disclosures"]] == [delivery]
    form_id = chain["forms"][0]["form_id"]
    content = zipfile.ZipFile(bundle).read(f"{form_id}/parent_signature.png")
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    scan = np.asarray(Image.open(district.folder / "scans" / "scan.png").convert("L"))
    assert (pixels < 128).mean() > 0.01, "there is ink"
    x0, y0, x1, y1 = chain["forms"][0]["fields"]["parent_signature"]["box"]
    around = (pixels.shape[0] - (y1 - y0)) // 2
    assert np.array_equal(pixels[around : around + y1 - y0], scan[y0:y1, x0:x1]), "the scan's own pixels"
    verifier = Path(store.verify_bundle.__file__)
    command = [sys.executable, "-I", "-S", str(verifier), str(bundle), "--head", str(head)]
    proof = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (proof.returncode, "PROVEN" in proof.stdout) == (0, True), proof.stdout + proof.stderr
