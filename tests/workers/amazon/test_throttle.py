import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.amazon.rehearsal import FakeTime
from workers.amazon.errors import Answer, Rejected, Throttled, TryLater
from workers.amazon.throttle import QUOTAS, Bucket, Pace, Quota, Throttle, retry_after_s


class Failing:
    """An attempt that fails as told, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.attempts = 0

    async def __call__(self) -> str:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_without_a_word_from_amazon_the_waits_double_up_to_a_cap() -> None:
    time = FakeTime()
    attempt = Failing(*[TryLater("busy")] * 5)

    assert await time.pace(longest_backoff_s=10).insist(attempt) == "done"
    assert time.sleeps == [2, 4, 8, 10, 10]


async def test_the_wait_that_amazon_asks_for_is_kept() -> None:
    time = FakeTime()
    assert await time.pace().insist(Failing(Throttled("429", 7.0), Throttled("429", 0.0))) == "done"
    assert time.sleeps == [7, 0]


async def test_a_wait_is_lengthened_by_at_most_the_jitter() -> None:
    time = FakeTime()
    pace = Pace(sleep=time.sleep)
    await pace.insist(Failing(Throttled("429", 7.0), TryLater("busy")))
    assert 7 <= time.sleeps[0] <= 8
    assert 4 <= time.sleeps[1] <= 5


async def test_a_wait_beyond_the_patience_is_not_begun() -> None:
    time = FakeTime()
    attempt = Failing(Throttled("429", 600.0))

    with pytest.raises(Throttled) as given_up:
        await time.pace().insist(attempt)
    assert given_up.value.retry_after_s == 600
    assert (time.sleeps, attempt.attempts) == ([], 1)


@given(st.lists(st.none() | st.floats(0, 200), min_size=1, max_size=20))
async def test_one_call_never_waits_longer_than_its_patience(waits: list[float | None]) -> None:
    time = FakeTime()
    attempt = Failing(*[TryLater("busy", wait) for wait in waits])
    try:
        await time.pace(patience_s=120).insist(attempt)
    except TryLater:
        assert attempt.attempts <= 6
    assert sum(time.sleeps) <= 120


async def test_a_refusal_is_not_tried_again() -> None:
    attempt = Failing(Rejected(Answer(400, "400", "no", None)))
    with pytest.raises(Rejected):
        await FakeTime().pace().insist(attempt)
    assert attempt.attempts == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("5", 5.0), ("0", 0.0), (None, None), ("soon", None), ("-1", None), ("9" * 30, None)],
)
def test_retry_after_is_a_number_of_seconds_or_nothing(
    header: str | None, seconds: float | None
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    assert retry_after_s(httpx.Response(429, headers=headers)) == seconds


async def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    time = FakeTime()
    throttle = Throttle(time.pace())
    for _ in range(5 + 3):
        await throttle.admit("app", "seller", "searchListingsItems")
    assert time.sleeps == pytest.approx([0.2, 0.2, 0.2])


async def test_sellers_applications_and_operations_have_buckets_of_their_own() -> None:
    time = FakeTime()
    throttle = Throttle(time.pace())
    for application in ("app", "other app"):
        for seller in ("seller", "other seller"):
            for operation in ("searchCatalogItems", "getReport"):
                for _ in range(2):
                    await throttle.admit(application, seller, operation)
    assert time.sleeps == []


async def test_a_quota_used_up_for_minutes_ends_the_call_and_takes_nothing() -> None:
    time = FakeTime()
    throttle = Throttle(time.pace())
    for _ in range(QUOTAS["createReport"].burst):
        await throttle.admit("app", "seller", "createReport")
    for _ in range(3):
        with pytest.raises(TryLater) as refused:
            await throttle.admit("app", "seller", "createReport")
        assert refused.value.retry_after_s == pytest.approx(1 / 0.0167)


async def test_amazons_429_empties_the_bucket() -> None:
    time = FakeTime()
    throttle = Throttle(time.pace())
    bucket = await throttle.admit("app", "seller", "searchListingsItems")
    bucket.drain()
    await throttle.admit("app", "seller", "searchListingsItems")
    assert time.sleeps == pytest.approx([0.2])


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
    st.floats(0.1, 5),
    st.integers(1, 10),
)
def test_no_window_of_time_sees_more_than_the_quota(
    pauses: list[float], rate: float, burst: int
) -> None:
    bucket = Bucket(Quota(rate, burst), float(burst), 0.0)
    now, moments = 0.0, []
    for pause in pauses:
        now += pause
        moments.append(now + bucket.take(now, patience_s=1e9))
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            window = moments[last] - moments[first]
            assert last - first + 1 <= burst + window * rate + 1e-6
