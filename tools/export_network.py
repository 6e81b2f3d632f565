"""Writes a trained network as the ONNX file that `ocr/own_models.py` opens: named inputs, one output, what varies left free.

Decides the format alone. Needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

OPSET = 17
OUTPUT = "probabilities"


def export_network(
    network: nn.Module, target: Path, samples: Mapping[str, torch.Tensor], free: Mapping[str, Mapping[int, str]]
) -> None:
    """`network`, whose inputs in order are named and look like `samples`; `free` are the dimensions of inputs, and of OUTPUT,
    that vary.
    """
    torch.onnx.export(
        network.eval(),
        tuple(samples.values()),
        str(target),
        input_names=list(samples),
        output_names=[OUTPUT],
        dynamic_axes={name: dict(dimensions) for name, dimensions in free.items()},
        opset_version=OPSET,
        dynamo=False,
    )
