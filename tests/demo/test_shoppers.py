"""The demo's shoppers do what can be done in the world, the same every time."""

from demo.cast import AFFILIATES, DAYS, SHOPPING_DAYS, STORES
from demo.shoppers import Day, Goods, draw

THRESHOLD = 10
GOODS = {
    store.brand: Goods(
        products=tuple(f"{store.brand}-{place}" for place in range(12)),
        home=tuple(f"{store.brand}-{place}" for place in range(8)),
        shelf=tuple(f"{store.brand}-{place}" for place in range(1, 4)),
        foreign=("elsewhere-0", "elsewhere-1"),
    )
    for store in STORES
}


def drawn() -> list[Day]:
    return draw(AFFILIATES, GOODS, DAYS + 1)


def test_the_same_seed_draws_the_same_days() -> None:
    assert drawn() == drawn()


def test_nobody_buys_who_has_not_clicked() -> None:
    clicked: set[str] = set()
    for day in drawn():
        clicked |= {visit.shopper for visit in day.visits}
        assert {purchase.shopper for purchase in day.purchases} <= clicked


def test_a_shopper_visits_once_and_buys_at_most_once() -> None:
    days = drawn()
    for shoppers in (
        [visit.shopper for day in days for visit in day.visits],
        [purchase.shopper for day in days for purchase in day.purchases],
    ):
        assert len(shoppers) == len(set(shoppers))


def test_what_comes_back_was_bought_on_a_day_before() -> None:
    bought: dict[str, dict[str, int]] = {}
    for day in drawn():
        for back in day.given_back:
            assert back.cancels or 1 <= back.quantity <= bought[back.shopper][back.asin]
            assert back.shopper in bought
        for purchase in day.purchases:
            bought[purchase.shopper] = {line.asin: line.quantity for line in purchase.lines}


def test_nobody_shops_after_the_last_shopping_day() -> None:
    for day in drawn()[SHOPPING_DAYS:]:
        assert not day.visits
        assert not day.purchases


def test_everything_of_note_happens() -> None:
    """Halo goods, other brands' goods, subscriptions, late orders, returns, cancellations."""
    days = drawn()
    purchases = [purchase for day in days for purchase in day.purchases]
    lines = [line for purchase in purchases for line in purchase.lines]
    back = [one for day in days for one in day.given_back]
    assert any(len(purchase.lines) > 1 for purchase in purchases)
    assert any(line.asin.startswith("elsewhere") for line in lines)
    assert any(line.subscribe for line in lines)
    assert any(purchase.late_days for purchase in purchases)
    assert {one.cancels for one in back} == {True, False}


def test_some_stay_below_the_threshold_and_have_sales_all_the_same() -> None:
    days = drawn()
    clicks: dict[tuple[str, str], int] = {}
    for day in days:
        for visit in day.visits:
            at = visit.affiliate, visit.brand
            clicks[at] = clicks.get(at, 0) + 1
    below = {affiliate for (affiliate, _), count in clicks.items() if count < THRESHOLD}
    assert below == {"Finn Doyle", "Kim Sato", "Lea Brandt"}
    buyers = {purchase.shopper.split("-")[0] for day in days for purchase in day.purchases}
    assert {"finn", "kim", "lea"} <= buyers
