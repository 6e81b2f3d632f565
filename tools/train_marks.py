"""Trains the two recognisers of marks on drawn examples and writes `ocr/data/ticks.onnx` and `signatures.onnx`.

    python -m tools.train_marks --examples a.npz b.npz --minutes 4 --only ticks

Decides the network and the schedule; `tools/mark_examples.py` draws the examples, `ocr/data/marks.md` says what they are. Needs
PyTorch, which nothing else of the project does but `tools/train_digits.py`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

BATCH = 32
HELD_OUT = 8  # one example in so many is not trained on


class Network(nn.Module):
    """Convolutions, then the strongest and the mean answer over the picture, then three answers: marked, empty, a person."""

    def __init__(self, breadths: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inward = 3
        for place, outward in enumerate(breadths):
            step = 2 if place < 3 else 1
            layers += [nn.Conv2d(inward, outward, 3, step, 1, bias=False), nn.BatchNorm2d(outward), nn.ReLU()]
            inward = outward
        self.look = nn.Sequential(*layers)
        self.judge = nn.Sequential(nn.Linear(2 * inward, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 3))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W to N x 3 scores."""
        seen = self.look(pictures)
        return self.judge(torch.cat([seen.amax(dim=(2, 3)), seen.mean(dim=(2, 3)) * 4], dim=1))


class Speaking(nn.Module):
    """The network with probabilities instead of scores: what is kept."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W to N x 3 probabilities."""
        return torch.softmax(self.network(pictures), dim=1)


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures (3 x H x W, uint8), the answer to each, its kind."""

    pictures: list[np.ndarray]
    answers: np.ndarray
    kinds: np.ndarray


def load_examples(files: Sequence[Path], what: str) -> Examples:
    """All examples of `ticks` or `signatures`."""
    pictures: list[np.ndarray] = []
    answers, kinds = [], []
    for file in files:
        with np.load(file) as packed:
            if what == "ticks":
                pictures += list(packed["ticks"])
            else:
                pictures += np.split(packed["signatures"], np.cumsum(packed["widths"])[:-1], axis=2)
            answers.append(packed[f"{what[:-1]}_answers"])
            kinds.append(packed[f"{what[:-1]}_kinds"])
    return Examples(pictures, np.concatenate(answers), np.concatenate(kinds))


def vary(picture: np.ndarray, turn: bool, rng: np.random.Generator) -> np.ndarray:
    """The picture moved by a pixel, its strokes a little lighter or heavier, mirrored now and then if its kind allows it."""
    moved = np.roll(picture, (int(rng.integers(-1, 2)), int(rng.integers(-1, 2))), axis=(1, 2)).astype(np.float32) / 255
    moved[:2] = np.clip(moved[:2] * rng.uniform(0.75, 1.25, (2, 1, 1)), 0, 1) ** rng.uniform(0.75, 1.3)
    if turn and rng.random() < 0.5:
        moved = moved[:, :, ::-1]
    return moved


def stack(pictures: Sequence[np.ndarray]) -> torch.Tensor:
    """One batch; narrower pictures get blank paper after them."""
    widest = max(picture.shape[2] for picture in pictures)
    batch = np.zeros((len(pictures), 3, pictures[0].shape[1], widest), np.float32)
    for place, picture in enumerate(pictures):
        batch[place, :, :, : picture.shape[2]] = picture
    return torch.from_numpy(batch)


def draw_batches(examples: Examples, places: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One round over the examples in batches of like widths."""
    widths = np.array([examples.pictures[place].shape[2] for place in places]) + rng.uniform(0, 24, len(places))
    ordered = places[np.argsort(widths, kind="stable")]
    starts = np.arange(0, len(ordered), BATCH)
    for start in rng.permutation(starts):
        yield ordered[start : start + BATCH]


def train(examples: Examples, breadths: Sequence[int], minutes: float, seed: int) -> Network:
    """A network trained for about `minutes` of processor time on all but the examples held out."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    network = Network(breadths)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=2e-3)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.01)
    places = np.flatnonzero(np.arange(len(examples.answers)) % HELD_OUT > 0)
    started, steps, rounds, smooth = time.process_time(), 0, 0, 1.0
    spent = 0.0
    while spent < 1.0:
        for chosen in draw_batches(examples, places, rng):
            spent = (time.process_time() - started) / (60 * minutes)
            if spent >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = 2e-3 * min(1.0, (steps + 1) / 60) * 0.5 * (1 + np.cos(np.pi * spent)) + 1e-6
            batch = stack([vary(examples.pictures[place], turn=False, rng=rng) for place in chosen])
            loss = loss_of(network(batch), torch.from_numpy(examples.answers[chosen].astype(np.int64)))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            steps += 1
            smooth = 0.98 * smooth + 0.02 * loss.item()
        rounds += 1
        print(f"{spent:6.1%} round {rounds}, {steps} steps, loss {smooth:.3f}", flush=True)  # noqa: T201  a tool
    return network.eval()


def tell(network: Network, examples: Examples) -> None:
    """Prints what comes of the examples held out, by kind: how many are answered rightly, how many wrongly and surely."""
    places = np.flatnonzero(np.arange(len(examples.answers)) % HELD_OUT == 0)
    right, asked, bad = Counter[str](), Counter[str](), Counter[str]()
    with torch.no_grad():
        for place in places:
            found = torch.softmax(network(stack([examples.pictures[place].astype(np.float32) / 255])), dim=1)[0].numpy()
            kind, answer = str(examples.kinds[place]), int(examples.answers[place])
            asked[kind] += 1
            right[kind] += int(found.argmax() == answer)
            bad[kind] += int(found.argmax() != answer and found.max() > 0.95)
    for kind in sorted(asked):
        print(f"{kind}: {right[kind]} of {asked[kind]}, surely wrong {bad[kind]}")  # noqa: T201
    print(f"all: {right.total()} of {asked.total()}, surely wrong {bad.total()}")  # noqa: T201


def export(network: Network, target: Path, size: tuple[int, int], is_wide: bool) -> None:
    """Writes the network as ONNX, the batch free, the width too where it varies."""
    free = {"pictures": {0: "count", **({3: "width"} if is_wide else {})}, "probabilities": {0: "count"}}
    torch.onnx.export(
        Speaking(network).eval(),
        (torch.zeros(2, 3, *size),),
        str(target),
        input_names=["pictures"],
        output_names=["probabilities"],
        dynamic_axes=free,
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, nargs="+", required=True)
    parser.add_argument("--only", choices=("ticks", "signatures"), required=True)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("ocr/data"))
    given = parser.parse_args()
    examples = load_examples(given.examples, given.only)
    breadths = (16, 24, 40, 48) if given.only == "ticks" else (10, 20, 36, 56)
    network = train(examples, breadths, given.minutes, given.seed)
    tell(network, examples)
    export(network, given.out / f"{given.only}.onnx", examples.pictures[0].shape[1:], given.only == "signatures")


if __name__ == "__main__":
    main()
