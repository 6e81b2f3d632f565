"""Trains the two recognisers of marks on drawn examples and writes `ocr/data/ticks.onnx` and `signatures.onnx`.

    python -m tools.train_marks --examples a.npz b.npz --minutes 4 --only ticks

A recogniser is the mean of several networks that saw the same examples in another order, or for longer: where they differ,
their mean is in doubt, as it should be. Decides the network and the schedule; `tools/mark_examples.py` draws the examples,
`ocr/data/marks.md` says what they are. Needs PyTorch, which nothing else of the project does but `tools/train_digits.py`.
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

from tools.export_network import OUTPUT, export_network

NEAR = 2  # convolutions after which the picture is looked at close up
BREADTHS = {"ticks": (16, 24, 40, 48), "signatures": (10, 20, 36, 56, 64)}
BATCH = 32
JUDGE_ROUNDS, JUDGE_BATCH = 60, 128
HELD_OUT = 8  # one example in so many is not trained on


class Network(nn.Module):
    """Convolutions, then the strongest and the mean answer over the picture, close up and from afar; beside these the traits of
    the ink, if there are any; then three answers: marked, empty, a person.
    """

    def __init__(self, breadths: Sequence[int], traits: int) -> None:
        super().__init__()
        self.near, self.far = nn.Sequential(), nn.Sequential()
        inward = 3
        for place, outward in enumerate(breadths):
            step = 2 if place < len(breadths) - 1 else 1
            layers = nn.Conv2d(inward, outward, 3, step, 1, bias=False), nn.BatchNorm2d(outward), nn.ReLU()
            (self.near if place < NEAR else self.far).extend(layers)
            inward = outward
        seen = 2 * (breadths[NEAR - 1] + breadths[-1]) + traits
        self.judge = nn.Sequential(nn.Linear(seen, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 3))

    def look(self, pictures: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W to what the convolutions make of them."""
        near = self.near(pictures)
        far = self.far(near)
        return torch.cat([part for seen in (near, far) for part in (seen.amax((2, 3)), seen.mean((2, 3)) * 4)], 1)

    def forward(self, pictures: torch.Tensor, *traits: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W, and N x traits, to N x 3 scores."""
        return self.judge(torch.cat([self.look(pictures), *traits], 1))


class Speaking(nn.Module):
    """The mean of the networks' probabilities: what is kept."""

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, pictures: torch.Tensor, *traits: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W, and N x traits, to N x 3 probabilities."""
        return torch.stack([torch.softmax(network(pictures, *traits), dim=1) for network in self.networks]).mean(dim=0)


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures (3 x H x W, uint8), the traits of each one's ink (none for ticks), the answer to it, its kind."""

    pictures: list[np.ndarray]
    traits: np.ndarray
    answers: np.ndarray
    kinds: np.ndarray


def load_examples(files: Sequence[Path], what: str) -> Examples:
    """All examples of `ticks` or `signatures`."""
    pictures: list[np.ndarray] = []
    traits, answers, kinds = [], [], []
    for file in files:
        with np.load(file) as packed:
            kind = what.removesuffix("s")
            if f"{kind}_pictures" not in packed:
                continue
            pictures += np.split(packed[f"{kind}_pictures"], np.cumsum(packed[f"{kind}_widths"])[:-1], axis=2)
            traits.append(packed[f"{kind}_traits"])
            answers.append(packed[f"{kind}_answers"])
            kinds.append(packed[f"{kind}_kinds"])
    return Examples(pictures, np.concatenate(traits), np.concatenate(answers), np.concatenate(kinds))


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


def load_network(file: Path, network: Network) -> Network:
    """A network that was kept."""
    network.load_state_dict(torch.load(file, weights_only=True))
    return network.eval()


def load_convolutions(file: Path, network: Network) -> None:
    """Gives a new network the convolutions of one that was kept."""
    kept = torch.load(file, weights_only=True)
    network.load_state_dict({name: part for name, part in kept.items() if not name.startswith("judge")}, strict=False)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a network is trained, in minutes of processor time, from which seed, and how fast it learns at most."""

    minutes: float
    seed: int
    pace: float


def train(network: Network, examples: Examples, schedule: Schedule) -> None:
    """Trains all of a network on all but the examples held out."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(schedule.seed)
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.pace, weight_decay=2e-3)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.01)
    places = np.flatnonzero(np.arange(len(examples.answers)) % HELD_OUT > 0)
    started, steps, rounds, smooth = time.process_time(), 0, 0, 1.0
    spent = 0.0
    while spent < 1.0:
        for chosen in draw_batches(examples, places, rng):
            spent = (time.process_time() - started) / (60 * schedule.minutes)
            if spent >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = schedule.pace * min(1.0, (steps + 1) / 60) * 0.5 * (1 + np.cos(np.pi * spent)) + 1e-6
            batch = stack([vary(examples.pictures[place], turn=False, rng=rng) for place in chosen])
            traits, answers = (
                torch.from_numpy(examples.traits[chosen]),
                torch.from_numpy(examples.answers[chosen].astype(np.int64)),
            )
            loss = loss_of(network(batch, traits), answers)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            steps += 1
            smooth = 0.98 * smooth + 0.02 * loss.item()
        rounds += 1
        print(f"{spent:6.1%} round {rounds}, {steps} steps, loss {smooth:.3f}", flush=True)  # noqa: T201  a tool


def train_judge(network: Network, examples: Examples, schedule: Schedule) -> None:
    """Trains what judges alone, on what the convolutions make of all but the examples held out."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(schedule.seed)
    network.eval()
    places = np.flatnonzero(np.arange(len(examples.answers)) % HELD_OUT > 0)
    answers = torch.from_numpy(examples.answers.astype(np.int64))
    with torch.no_grad():
        looks = torch.cat([network.look(stack([picture.astype(np.float32) / 255])) for picture in examples.pictures])
    seen = torch.cat([looks, torch.from_numpy(examples.traits)], 1)
    network.judge.train()
    optimiser = torch.optim.AdamW(network.judge.parameters(), lr=schedule.pace, weight_decay=1e-2)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.01)
    for turn in range(JUDGE_ROUNDS):
        for group in optimiser.param_groups:
            group["lr"] = schedule.pace * 0.5 * (1 + np.cos(np.pi * turn / JUDGE_ROUNDS)) + 1e-6
        total = 0.0
        for chosen in np.array_split(rng.permutation(places), max(1, len(places) // JUDGE_BATCH)):
            noise = 1 + 0.05 * torch.randn(len(chosen), seen.shape[1])
            loss = loss_of(network.judge(seen[chosen] * noise), answers[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen) / len(places)
    print(f"judge: loss {total:.3f}", flush=True)  # noqa: T201


def tell(networks: Sequence[Network], examples: Examples) -> None:
    """Prints what comes of the examples held out, by kind: how many are answered rightly, how many wrongly and surely."""
    places = np.flatnonzero(np.arange(len(examples.answers)) % HELD_OUT == 0)
    right, asked, bad = Counter[str](), Counter[str](), Counter[str]()
    speaking = Speaking(networks).eval()
    with torch.no_grad():
        for place in places:
            traits = torch.from_numpy(examples.traits[place : place + 1])
            found = speaking(stack([examples.pictures[place].astype(np.float32) / 255]), traits)[0].numpy()
            kind, answer = str(examples.kinds[place]), int(examples.answers[place])
            asked[kind] += 1
            right[kind] += int(found.argmax() == answer)
            bad[kind] += int(found.argmax() != answer and found.max() > 0.95)
    for kind in sorted(asked):
        print(f"{kind}: {right[kind]} of {asked[kind]}, surely wrong {bad[kind]}")  # noqa: T201
    print(f"all: {right.total()} of {asked.total()}, surely wrong {bad.total()}", flush=True)  # noqa: T201


def export(networks: Sequence[Network], target: Path, size: tuple[int, int], traits: int) -> None:
    """Writes the networks as one ONNX file; the batch is free, and the width too of pictures that have traits: signatures."""
    samples = {"pictures": torch.zeros(2, 3, *size), **({"traits": torch.zeros(2, traits)} if traits else {})}
    free = {"pictures": {0: "count", **({3: "width"} if traits else {})}, "traits": {0: "count"}, OUTPUT: {0: "count"}}
    export_network(Speaking(networks), target, samples, {name: free[name] for name in (*samples, OUTPUT)})


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, nargs="+", required=True)
    parser.add_argument("--only", choices=("ticks", "signatures"), required=True)
    parser.add_argument("--minutes", type=float, default=4.0, help="of processor time, for each network")
    parser.add_argument("--pace", type=float, default=2e-3, help="the highest rate of learning")
    parser.add_argument("--start", type=Path, help="folder of kept networks, whose judge is trained anew at first")
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2), help="of each network")
    parser.add_argument(
        "--keep", type=Path, required=True, help="folder of trained networks; what is there isn't trained again"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the ONNX file, for instance ocr/data; none is written without it"
    )
    given = parser.parse_args()
    examples = load_examples(given.examples, given.only)
    networks, traits = [], examples.traits.shape[1]
    for seed in given.seeds:
        file, network = f"{given.only}-{seed}.pt", Network(BREADTHS[given.only], traits)
        schedule = Schedule(given.minutes, seed, given.pace)
        if not (given.keep / file).exists():
            torch.manual_seed(seed)
            network = Network(BREADTHS[given.only], traits)
            if given.start:
                load_convolutions(given.start / file, network)
                train_judge(network, examples, schedule)
            if given.minutes:
                train(network, examples, schedule)
            torch.save(network.state_dict(), given.keep / file)
        networks.append(load_network(given.keep / file, network))
        tell(networks[-1:], examples)
    tell(networks, examples)
    if given.also:
        files = [given.also / f"{given.only}-{seed}.pt" for seed in given.seeds]
        networks += [load_network(file, Network(BREADTHS[given.only], traits)) for file in files]
    if given.out:
        export(networks, given.out / f"{given.only}.onnx", examples.pictures[0].shape[1:], traits)


if __name__ == "__main__":
    main()
