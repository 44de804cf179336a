"""Which faults strike: the seed says it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chaos.plan import Kind, plan

seeds = st.integers(0, 1_000_000)


@given(seed=seeds, seconds=st.integers(60, 600))
def test_every_kind_strikes_in_a_run_of_a_minute_or_more(seed: int, seconds: int) -> None:
    assert {fault.kind for fault in plan(seed, seconds)} == set(Kind)


@given(seed=seeds, seconds=st.integers(20, 600))
def test_faults_come_one_after_the_other_and_none_after_the_end(seed: int, seconds: int) -> None:
    moments = [fault.at_s for fault in plan(seed, seconds)]

    assert all(0 < later - one <= 6 for one, later in pairwise(moments))
    assert seconds - 6 <= moments[-1] < seconds


@given(seed=seeds)
def test_a_seed_is_the_same_run_again_and_another_is_another(seed: int) -> None:
    assert plan(seed, 120) == plan(seed, 120) != plan(seed + 1, 120)
