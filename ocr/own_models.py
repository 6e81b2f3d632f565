"""Opens the small recognisers that this project trained itself and ships in `ocr/data`, each once a process, on one thread."""

from __future__ import annotations

from functools import cache
from importlib import resources

import onnxruntime


@cache
def open_own_model(name: str) -> onnxruntime.InferenceSession:
    """The session of one file of `ocr/data`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    file = resources.files("ocr") / "data" / name
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
