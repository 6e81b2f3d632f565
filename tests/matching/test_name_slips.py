"""Likely slips are cheaper than unlikely ones."""

from matching.name_slips import SlipPrices
from matching.weights import builtin_weights

PRICES = SlipPrices(builtin_weights().name_slips)


def test_slips_are_priced_by_how_likely_they_are() -> None:
    doubled = PRICES.price_one("anna", "ana")
    lost = PRICES.price_one("gacia", "garcia")
    turned = PRICES.price_one("gacria", "garcia")
    alike = PRICES.price_one("garcio", "garcia")
    strange = PRICES.price_one("garkia", "garmia")
    first = PRICES.price_one("barcia", "garcia")
    assert doubled > lost > turned > alike > strange > first


def test_the_price_falls_with_the_places_a_slip_may_happen() -> None:
    assert PRICES.price_one("abdulahi", "abdullahi") > PRICES.price_one("abdulahirahman", "abdullahirahman")
