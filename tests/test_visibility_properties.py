"""What must hold for the visible range of any ground."""

from __future__ import annotations

import numpy as np
import terrain_made as made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuling_gis.overlay.visibility import visible_range

some = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

grounds = st.builds(
    lambda seed, rough: made.fractal(26, seed) * rough, st.integers(0, 10**6), st.sampled_from([0.2, 1.0, 2.5])
)
places = st.lists(st.tuples(st.floats(0, 25), st.floats(0, 25)), min_size=1, max_size=4)
kinds = st.sampled_from(["sight", "ridge"])
OPTIONS = {"range_m": 600.0, "eye_m": 6.0}


@some
@given(grounds, places, kinds, st.floats(0, 8), st.floats(0, 8))
def test_more_error_never_turns_a_maybe_into_yes_or_no(ground, where, kind, error, more):
    before = visible_range(made.scene(ground, where, error=error, kind=kind, **OPTIONS))
    after = visible_range(made.scene(ground, where, error=error + more, kind=kind, **OPTIONS))
    assert (after[before == 1] == 1).all()
    # Nor does it change a yes into a no or a no into a yes.
    assert not ((before == 2) & (after == 0)).any()
    assert not ((before == 0) & (after == 2)).any()


@some
@given(grounds, places, places, st.floats(0, 5))
def test_more_lookouts_never_hide_a_cell(ground, where, others, error):
    before = visible_range(made.scene(ground, where, error=error, **OPTIONS))
    after = visible_range(made.scene(ground, [*where, *others], error=error, **OPTIONS))
    assert (after >= before).all()


@some
@given(grounds, places, st.floats(0, 5), st.floats(0, 40))
def test_a_higher_target_is_never_less_visible(ground, where, error, taller):
    before = visible_range(made.scene(ground, where, error=error, target_m=2.0, **OPTIONS))
    after = visible_range(made.scene(ground, where, error=error, target_m=2.0 + taller, **OPTIONS))
    assert (after >= before).all()


@some
@given(grounds, places, st.floats(0, 5))
def test_the_order_of_the_lookouts_and_the_number_of_threads_change_nothing(ground, where, error):
    first = visible_range(made.scene(ground, where, error=error, **OPTIONS), jobs=1)
    turned = visible_range(made.scene(ground, where[::-1], error=error, **OPTIONS), jobs=3)
    assert np.array_equal(first, turned)
