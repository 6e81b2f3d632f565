"""A word is weighed the same alone and among others, to the last bit."""

import numpy as np
import pytest

from matching.name_vocabulary import NameVocabulary
from matching.weights import builtin_weights
from matching.words_together import Box, weigh_together

FORMS = ["maria", "mario", "marie", "m", "hassan", "xasan", "hasan", "nguyen", "tran", "trang", "gonzalez", "gonzales"]


@pytest.fixture(scope="module")
def box() -> Box:
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(len(FORMS)))
    return Box(
        frequency=np.log(shares).astype(np.float32),
        borne=np.array([form != "xasan" for form in FORMS]),
        lift=rng.uniform(0.1, 4.0, (len(FORMS), 5)).astype(np.float32),
        unseen=0.1,
        unrelated=0.01,
        initials=True,
    )


def test_alone_and_among_others_alike(box: Box) -> None:
    vocabulary = NameVocabulary(FORMS, builtin_weights().name_slips)
    words = ["maria", "zzzz", "hassn", "gonzale", "m", "tran", "", "marta"]
    near = [vocabulary.find_neighbours(word) for word in words]
    for together, one in zip(weigh_together(near, box), near, strict=True):
        alone = weigh_together([one], box)[0]
        assert together.population == alone.population
        for name in ("ids", "ratio", "by_class"):
            assert np.array_equal(getattr(together, name), getattr(alone, name))


def test_a_form_that_nobody_bears_in_this_box_is_not_listed(box: Box) -> None:
    vocabulary = NameVocabulary(FORMS, builtin_weights().name_slips)
    listed = weigh_together([vocabulary.find_neighbours("hassan")], box)[0].ids
    assert vocabulary.id_of["hasan"] in listed
    assert vocabulary.id_of["xasan"] not in listed


def test_an_enrolled_initial_counts_for_a_name_of_that_letter(box: Box) -> None:
    vocabulary = NameVocabulary(FORMS, builtin_weights().name_slips)
    found = weigh_together([vocabulary.find_neighbours("marta")], box)[0]
    assert found.ratio[found.ids.searchsorted(vocabulary.id_of["m"])] == pytest.approx(2.0, abs=0.02)
