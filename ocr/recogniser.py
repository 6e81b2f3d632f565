"""Runs the handwriting recogniser (PP-OCRv6, from the `rapidocr` wheel) and keeps its whole CTC output, folded.

Decides nothing about a text. Crops go in grey, dark on light, already tight around the ink; out comes a matrix of folded
probabilities and the greedy text. The model is loaded once a process and runs on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ocr.alphabet import OTHER, SIZE, fold_classes
from ocr.ctc import Matrix

MODEL = "PP-OCRv6_rec_small"
HEIGHT = 48
_STRIDE = 8
_NARROWEST = 32
_WIDEST = 1600
_BATCH_SPREAD = 32  # padding costs as much as writing: 160 took an eighth more time
_MOST_IN_BATCH = 8
_SIGNS = frozenset(":;()@&+#?!")

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CtcOutput:
    """What the recogniser says of one crop: `matrix` is T x SIZE folded probabilities, `text` the greedy reading, `spots`
    where each of its characters stands, as a share (0 to 1) of the crop's width.
    """

    matrix: Matrix
    text: str
    spots: tuple[float, ...] = ()


@cache
def name_engine() -> str:
    """Name and version of the engine, as it stands with every reading."""
    return f"{MODEL} (rapidocr {version('rapidocr')})"


def recognise(crops: Sequence[Grey]) -> list[CtcOutput]:
    """Reads crops (H x W uint8 each), batched by width; the order is kept."""
    engine = _load_engine()
    widths = [_scaled_width(crop) for crop in crops]
    order = sorted(range(len(crops)), key=widths.__getitem__)
    found: list[CtcOutput | None] = [None] * len(crops)
    while order:
        first = widths[order[0]]
        batch = [place for place in order if widths[place] - first <= _BATCH_SPREAD][:_MOST_IN_BATCH]
        order = order[len(batch) :]
        for place, output in zip(batch, engine.read([crops[place] for place in batch]), strict=True):
            found[place] = output
    return [output for output in found if output is not None]


def _scaled_width(crop: Grey) -> int:
    return int(np.clip(round(crop.shape[1] * HEIGHT / max(crop.shape[0], 1)), _NARROWEST, _WIDEST))


class _Engine:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = resources.files("rapidocr") / "models" / f"{MODEL}.onnx"
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._characters = ["", *characters, " "]
        classes = np.array(fold_classes(self._characters))
        signs = [place for place, text in enumerate(self._characters) if text in _SIGNS]
        self._kept = np.union1d(np.flatnonzero(classes != OTHER), signs)
        by_class = self._kept[np.argsort(classes[self._kept], kind="stable")]
        self._order = by_class[classes[by_class] != OTHER]
        self._folded, self._starts = np.unique(classes[self._order], return_index=True)

    def read(self, crops: Sequence[Grey]) -> list[CtcOutput]:
        widths = [_scaled_width(crop) for crop in crops]
        padded = -(-max(widths) // _STRIDE) * _STRIDE
        batch = np.zeros((len(crops), 3, HEIGHT, padded), np.float32)
        for place, (crop, width) in enumerate(zip(crops, widths, strict=True)):
            shrinks = crop.shape[0] > HEIGHT
            scaled = cv2.resize(crop, (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
            batch[place, :, :, :width] = scaled.astype(np.float32) / 127.5 - 1.0
        probabilities = self._session.run(None, {"x": batch})[0]
        steps = probabilities.shape[1]
        return [
            self._fold(rows[: min(steps, -(-width * steps // padded) + 1)], padded / steps / width)
            for rows, width in zip(probabilities, widths, strict=True)
        ]

    def _fold(self, rows: NDArray[np.float32], stride: float) -> CtcOutput:
        """`stride` is the share of the crop's width that one step covers."""
        matrix = np.zeros((len(rows), SIZE), np.float32)
        matrix[:, self._folded] = np.add.reduceat(rows[:, self._order], self._starts, axis=1)
        matrix[:, OTHER] = np.maximum(1.0 - matrix.sum(axis=1), 0.0)  # the shares of all classes make up one
        best = self._kept[rows[:, self._kept].argmax(axis=1)]
        starts = np.flatnonzero(np.insert(best[1:] != best[:-1], 0, True) & (best != 0))
        text = "".join(self._characters[place] for place in best[starts])
        spots = [(float(start) + 0.5) * stride for start in starts]
        leading = len(text) - len(text.lstrip())
        kept = text.strip()
        return CtcOutput(matrix, kept, tuple(spots[leading : leading + len(kept)]))


@cache
def _load_engine() -> _Engine:
    return _Engine()
