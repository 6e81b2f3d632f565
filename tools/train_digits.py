"""Trains the recogniser of digit lines and writes `ocr/data/digit_lines.onnx`; `digit_lines.md` there says what it needs.

    python -m tools.train_digits --mnist package/data --pen penbased.dat --minutes 25
    python -m tools.train_digits ... --begin ocr/data/digit_lines.onnx --cut cut_lines.npz --minutes 10

Decides the network and the schedule. Needs PyTorch, which nothing else of the project does. Never reads MNIST's test part;
digits of `../shared/handwriting` that should stand in the training part after all are left out, equal or nearly so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from ocr.digit_recogniser import CLASSES, HEIGHT, STRIDE, prepare_line, stack_lines
from tools.cut_lines import load_lines
from tools.digit_lines import Line, Sources, draw_line, write_something
from tools.digit_sources import load_sources

BATCH = 48
POOL = 1536
USES = 2
CUT_SHARE = 0.4
FASTEST, FASTEST_ON = 2e-3, 8e-4
INDEX_OF = {sign: place for place, sign in enumerate(CLASSES)}


class Deeper(nn.Module):
    """One more convolution beside what is there already; it says nothing until it has learned something."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(channels, channels, (3, 3), (1, 1), (1, 1), bias=False)
        self.even = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.even.weight)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """The same shape as `seen`."""
        return torch.relu(seen + self.even(self.look(seen)))


class Network(nn.Module):
    """Convolutions down to one row, then along the line; probabilities of CLASSES every STRIDE columns."""

    def __init__(self) -> None:
        super().__init__()

        def block(
            inward: int, outward: int, kernel: tuple[int, int], step: tuple[int, int], pad: tuple[int, int]
        ) -> nn.Module:
            return nn.Sequential(
                nn.Conv2d(inward, outward, kernel, step, pad, bias=False), nn.BatchNorm2d(outward), nn.ReLU()
            )

        self.look = nn.Sequential(
            block(1, 16, (3, 3), (2, 2), (1, 1)),
            block(16, 32, (3, 3), (2, 2), (1, 1)),
            block(32, 56, (3, 3), (1, 1), (1, 1)),
            Deeper(56),
            block(56, 72, (3, 3), (2, 1), (1, 1)),
            Deeper(72),
            block(72, 112, (HEIGHT // 8, 3), (1, 1), (0, 1)),
        )
        self.near = block(112, 112, (1, 5), (1, 1), (0, 2))
        self.far = block(112, 112, (1, 5), (1, 1), (0, 2))
        self.drop = nn.Dropout(0.1)
        self.name = nn.Conv2d(112, len(CLASSES), (1, 1))

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """N x 1 x HEIGHT x W to N x W/STRIDE x CLASSES scores."""
        seen = self.look(lines)
        seen = seen + self.near(seen)
        seen = seen + self.far(seen)
        return self.name(self.drop(seen)).squeeze(2).transpose(1, 2)


class Speaking(nn.Module):
    """The network with probabilities instead of scores: what is kept."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """N x 1 x HEIGHT x W to N x W/STRIDE x CLASSES probabilities."""
        return torch.softmax(self.network(lines), dim=2)


def take_up(network: Network, begun: Path, lines: torch.Tensor) -> None:
    """Gives the network the weights of a kept one. Its convolutions hold their normalisation: what they give for `lines` tells
    the network's own, so that it says at first what the kept one says. Layers that the kept one lacks say nothing yet.
    """
    kept = [numpy_helper.to_array(entry) for entry in onnx.load(str(begun)).graph.initializer]
    pairs = [*zip(kept[2::2], kept[3::2], strict=True), (kept[0], kept[1])]
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    known = []
    with torch.no_grad():
        for place, layer in enumerate(layers):
            weight, bias = (torch.from_numpy(np.array(array)) for array in pairs[0])
            if weight.shape != layer.weight.shape:
                continue
            pairs.pop(0)
            layer.weight.copy_(weight)
            (norms[place].bias if layer.bias is None else layer.bias).copy_(bias)
            known += norms[place : place + 1]
    settle_norms(network, known, lines)


def settle_norms(network: Network, norms: Sequence[nn.BatchNorm2d], lines: torch.Tensor) -> None:
    """Sets these normalisations by what they see of `lines` so that they change nothing but what their bias adds."""

    def settle(norm: nn.Module, seen: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101  hooked to nothing else
        middle, spread = seen[0].mean((0, 2, 3)), seen[0].var((0, 2, 3))
        norm.running_mean, norm.running_var = middle.clone(), spread.clone()
        norm.weight.copy_((spread + norm.eps).sqrt())
        norm.bias.add_(middle)

    hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
    with torch.no_grad():
        network.eval()(lines)
    for hook in hooks:
        hook.remove()
    network.train()


def draw_pool(
    sources: Sources, cut: Sequence[Line], count: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, list[int]]]:
    """`count` prepared lines with the classes of their labels, shortest first; too narrow lines are drawn anew. Where there are
    lines cut out of forms, they make up CUT_SHARE.
    """
    pool = []
    while len(pool) < count:
        if cut and rng.random() < CUT_SHARE:
            line = sway(cut[int(rng.integers(len(cut)))], rng)
        else:
            line = draw_line(write_something(rng), sources, rng)
        prepared = prepare_line(line.pixels)
        labels = [INDEX_OF[sign] for sign in line.labels]
        doubled = sum(one == two for one, two in pairwise(labels))
        if len(labels) + doubled <= prepared.shape[1] // STRIDE:
            pool.append((prepared, labels))
    return sorted(pool, key=lambda entry: entry[0].shape[1])


def sway(line: Line, rng: np.random.Generator) -> Line:
    """A cut line leaning a little otherwise and a little wider or narrower, so that it's never the same twice."""
    high, wide = line.pixels.shape
    slant, stretch = float(rng.normal(0, 0.08)), float(rng.uniform(0.88, 1.14))
    room = abs(slant) * high
    move = np.array([[stretch, slant, room if slant < 0 else 0.0], [0, 1, 0]], np.float64)
    moved = cv2.warpAffine(line.pixels, move, (round(wide * stretch + room) + 1, high), borderValue=255)
    return Line(np.asarray(moved, np.uint8), line.labels)


def train(sources: Sources, cut: Sequence[Line], begun: Path | None, minutes: float, seed: int) -> Network:
    """A network trained for about `minutes` of processor time, from the start or on from a kept one."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network()
    fastest = FASTEST if begun is None else FASTEST_ON
    if begun is not None:
        take_up(network, begun, to_tensor(draw_pool(sources, cut, 4 * BATCH, rng)))
    optimiser = torch.optim.AdamW(network.parameters(), lr=fastest, weight_decay=1e-3)
    loss_of = nn.CTCLoss(zero_infinity=True)
    start, steps, smooth = time.process_time(), 0, 0.0
    while (spent := (time.process_time() - start) / (60 * minutes)) < 1.0:
        pool = draw_pool(sources, cut, POOL, rng)
        starts = np.concatenate([rng.permutation(np.arange(0, POOL, BATCH)) for _ in range(USES)])
        for first in starts:
            spent = (time.process_time() - start) / (60 * minutes)
            if spent >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = fastest * min(1.0, steps / 100) * 0.5 * (1 + np.cos(np.pi * spent)) + 1e-6
            batch = pool[first : first + BATCH]
            scores = network(to_tensor(batch)).log_softmax(2).transpose(0, 1)
            lengths = torch.tensor([min(-(-line.shape[1] // STRIDE), scores.shape[0]) for line, _ in batch])
            labels = torch.tensor([label for _, written in batch for label in written])
            loss = loss_of(scores, labels, lengths, torch.tensor([len(written) for _, written in batch]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            steps += 1
            smooth = loss.item() if steps == 1 else 0.98 * smooth + 0.02 * loss.item()
        print(f"{spent:5.1%} {steps} steps, loss {smooth:.3f}", flush=True)  # noqa: T201
    return network.eval()


def to_tensor(batch: Sequence[tuple[np.ndarray, list[int]]]) -> torch.Tensor:
    """The lines of a batch as the network takes them."""
    return torch.from_numpy(stack_lines([line for line, _ in batch]))


def export(network: Network, target: Path) -> None:
    """Writes the network as ONNX, batch and width free."""
    free = {"lines": {0: "count", 3: "width"}, "probabilities": {0: "count", 1: "steps"}}
    torch.onnx.export(
        Speaking(network).eval(),
        (torch.zeros(2, 1, HEIGHT, 160),),
        str(target),
        input_names=["lines"],
        output_names=["probabilities"],
        dynamic_axes=free,
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, help="folder with train-images-idx3-ubyte and train-labels-idx1-ubyte")
    parser.add_argument("--pen", type=Path, help="penbased.dat")
    parser.add_argument("--fonts", type=Path, default=Path("fixtures/fonts"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/handwriting"))
    parser.add_argument("--cut", type=Path, help="lines kept by tools.cut_lines")
    parser.add_argument("--begin", type=Path, help="a kept network to train on from")
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("ocr/data/digit_lines.onnx"))
    given = parser.parse_args()
    sources = load_sources(given.mnist, given.pen, given.fonts, given.shared)
    torch.set_num_threads(given.threads)
    cut = load_lines(given.cut) if given.cut else []
    export(train(sources, cut, given.begin, given.minutes, given.seed), given.out)


if __name__ == "__main__":
    main()
