"""Trains the recogniser of digit lines and writes `ocr/data/digit_lines.onnx`; `digit_lines.md` there says what it needs.

    python -m tools.train_digits --mnist package/data --pen penbased.dat --fonts fixtures/fonts --minutes 25

Decides the network and the schedule. Needs PyTorch, which nothing else of the project does. Never reads MNIST's test part;
digits of `../shared/handwriting` that should stand in the training part after all are left out, equal or nearly so.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ocr.digit_recogniser import CLASSES, HEIGHT, STRIDE, prepare_line, stack_lines
from tools.digit_lines import Sources, draw_line, write_something
from tools.export_network import OUTPUT, export_network

BATCH = 48
POOL = 1536
USES = 2
INDEX_OF = {sign: place for place, sign in enumerate(CLASSES)}
TOO_NEAR = 6.0


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
            block(56, 72, (3, 3), (2, 1), (1, 1)),
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


def load_sources(mnist: Path | None, pen: Path | None, fonts: Path, shared: Path) -> Sources:
    """The digits to train on, by digit; a source that isn't named stays empty."""
    pictures: dict[str, list[np.ndarray]] = {}
    paths: dict[str, list[np.ndarray]] = {}
    if mnist:
        images = np.fromfile(mnist / "train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 28, 28)
        labels = np.fromfile(mnist / "train-labels-idx1-ubyte", np.uint8, offset=8)
        kept = leave_known_out(images, shared / "digits.npz")
        for image, label in zip(images[kept], labels[kept], strict=True):
            rows, columns = np.flatnonzero(image.max(axis=1) > 60), np.flatnonzero(image.max(axis=0) > 60)
            cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            pictures.setdefault(str(label), []).append(cut)
    if pen:
        rows = [line.split(",") for line in pen.read_text().splitlines() if line and not line.startswith("@")]
        for *numbers, label in rows:
            path = np.array(numbers, np.float32).reshape(8, 2) / 100
            path[:, 1] = 1 - path[:, 1]
            paths.setdefault(label.strip(), []).append(path)
    writing = [file for file in sorted(fonts.glob("*.ttf")) if file.stem not in ("rock-salt", "homemade-apple")]
    return Sources(pictures, paths, writing)


def leave_known_out(images: np.ndarray, known: Path) -> np.ndarray:
    """Places of the pictures that are not among those of `known`, nor within TOO_NEAR grey levels of one (root mean square)."""
    if not known.exists():
        return np.arange(len(images))
    with np.load(known) as packed:
        others = packed["images"].reshape(-1, 784).astype(np.float32)
    flat = images.reshape(-1, 784).astype(np.float32)
    sizes = (others**2).sum(axis=1)
    nearest = np.concatenate([((p**2).sum(1)[:, None] + sizes - 2 * p @ others.T).min(1) for p in np.split(flat, 60)])
    kept = np.flatnonzero(np.sqrt(np.maximum(nearest, 0) / 784) > TOO_NEAR)
    closest = np.sqrt(nearest[kept].min() / 784)
    print(f"left out as known: {len(images) - len(kept)}; nearest of the rest: {closest:.1f} levels")  # noqa: T201  a tool
    return kept


def draw_pool(sources: Sources, count: int, rng: np.random.Generator) -> list[tuple[np.ndarray, list[int]]]:
    """`count` prepared lines with the classes of their labels, shortest first; too narrow lines are drawn anew."""
    pool = []
    while len(pool) < count:
        text = write_something(rng)
        line = draw_line(text, sources, rng)
        prepared = prepare_line(line.pixels)
        labels = [INDEX_OF[sign] for sign in line.labels]
        doubled = sum(one == two for one, two in pairwise(labels))
        if len(labels) + doubled <= prepared.shape[1] // STRIDE:
            pool.append((prepared, labels))
    return sorted(pool, key=lambda entry: entry[0].shape[1])


def train(sources: Sources, minutes: float, seed: int) -> Network:
    """A network trained for about `minutes` of processor time."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    loss_of = nn.CTCLoss(zero_infinity=True)
    start, steps, smooth = time.process_time(), 0, 0.0
    while (spent := (time.process_time() - start) / (60 * minutes)) < 1.0:
        pool = draw_pool(sources, POOL, rng)
        starts = np.concatenate([rng.permutation(np.arange(0, POOL, BATCH)) for _ in range(USES)])
        for first in starts:
            spent = (time.process_time() - start) / (60 * minutes)
            if spent >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = 2e-3 * min(1.0, steps / 100) * 0.5 * (1 + np.cos(np.pi * spent)) + 1e-6
            batch = pool[first : first + BATCH]
            lines = torch.from_numpy(stack_lines([line for line, _ in batch]))
            scores = network(lines).log_softmax(2).transpose(0, 1)
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


def export(network: Network, target: Path) -> None:
    """Writes the network as ONNX, batch and width free."""
    samples = {"lines": torch.zeros(2, 1, HEIGHT, 160)}
    free = {"lines": {0: "count", 3: "width"}, OUTPUT: {0: "count", 1: "steps"}}
    export_network(Speaking(network), target, samples, free)


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, help="folder with train-images-idx3-ubyte and train-labels-idx1-ubyte")
    parser.add_argument("--pen", type=Path, help="penbased.dat")
    parser.add_argument("--fonts", type=Path, default=Path("fixtures/fonts"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/handwriting"))
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("ocr/data/digit_lines.onnx"))
    given = parser.parse_args()
    sources = load_sources(given.mnist, given.pen, given.fonts, given.shared)
    export(train(sources, given.minutes, given.seed), given.out)


if __name__ == "__main__":
    main()
