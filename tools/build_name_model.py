"""Builds `ocr/data/name_model.npz`: how probable a letter is after the four before it, in names of many peoples.

Sources, both registry packages: `names` 0.3 (MIT; first and last names of the US census of 1990, public domain, with their
frequencies) and `faker` (MIT; the names of every locale that writes them in Latin letters). No name of a fixture, test or
sample goes in. Run `pip install names==0.3.0 faker && python tools/build_name_model.py`; what comes out is committed, and
reading needs neither package. Counts are smoothed after Witten and Bell (1991), "The zero-frequency problem".
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module, resources
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
from faker.providers import person

from ocr.alphabet import fold_text
from ocr.name_model import END, ORDER, START, SYMBOLS, index_gram

TARGET = Path(__file__).parent.parent / "ocr" / "data" / "name_model.npz"
_CENSUS = {"dist.all.last": 1.0, "dist.male.first": 0.5, "dist.female.first": 0.5}
_LOCALE_WEIGHT = 0.003
_TYPES_WEIGHT = 0.003
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ' .\-’]+")


def weigh_census() -> Iterator[tuple[str, float]]:
    """Names of the census, rare ones lifted by the square root."""
    for file, share in _CENSUS.items():
        for line in (resources.files("names") / file).read_text().splitlines():
            name, percent = line.split()[:2]
            yield name, share * math.sqrt(float(percent) / 100 + 1e-5)


def weigh_locales() -> Iterator[tuple[str, float]]:
    """Names of every locale in Latin letters, each as often as locales have it."""
    for module in iter_modules(person.__path__):
        provider = import_module(f"{person.__name__}.{module.name}").Provider
        lists = [getattr(provider, name) for name in dir(provider) if re.match(r"(?!_).*(first|last)_name", name)]
        found = {name for names in lists if isinstance(names, (tuple, list, dict)) for name in names}
        yield from ((name, _LOCALE_WEIGHT) for name in sorted(map(str, found)) if _LATIN.fullmatch(name))


def count_grams() -> dict[str, dict[str, float]]:
    """By context (up to four symbols), the weight of each symbol that follows it."""
    counts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, weight in (*weigh_census(), *weigh_locales()):
        for part in fold_text(name).replace(" ", "").replace(".", "").split("-"):
            if not part or not set(part) <= set(SYMBOLS):
                continue
            written = START * (ORDER - 1) + part + END
            for place in range(ORDER - 1, len(written)):
                for reach in range(ORDER):
                    counts[written[place - reach : place]][written[place]] += weight
    return {context: dict(following) for context, following in counts.items()}


def main() -> None:
    """Counts, smooths and writes the model."""
    counts = count_grams()
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
    np.savez_compressed(
        TARGET,
        grams=np.array(sorted(grams), np.uint32),
        gram_logs=np.array([grams[key] for key in sorted(grams)], np.float16),
        contexts=np.array(sorted(fallen), np.uint32),
        context_logs=np.array([fallen[key] for key in sorted(fallen)], np.float16),
    )


if __name__ == "__main__":
    main()
