"""Likely slips are cheaper than unlikely ones."""

from matching.name_slips import price_one_slip


def test_slips_are_priced_by_how_likely_they_are() -> None:
    doubled = price_one_slip("anna", "ana")
    lost = price_one_slip("gacia", "garcia")
    turned = price_one_slip("gacria", "garcia")
    alike = price_one_slip("garcio", "garcia")
    strange = price_one_slip("garkia", "garmia")
    first = price_one_slip("barcia", "garcia")
    assert doubled > lost > turned > alike > strange > first


def test_the_price_falls_with_the_places_a_slip_may_happen() -> None:
    assert price_one_slip("abdulahi", "abdullahi") > price_one_slip("abdulahirahman", "abdullahirahman")
