"""Who takes a sale: the last tagged click of fourteen days, inside one profile."""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture
async def shop(rehearsal, tagged):
    enabled = await rehearsal.enable(rehearsal.profile_of("fernhollow"))

    class Shop:
        profile = rehearsal.profile_of("fernhollow")
        fern = rehearsal.asins("fernhollow")
        stone = rehearsal.asins("stonepath")
        template = enabled

        def link(self, asin: str, campaign: str = "c1") -> str:
            return tagged(f"/dp/{asin}", self.template, campaign=campaign, page=asin)

        async def totals(self, level: str = "CAMPAIGN") -> dict[str, dict[str, int]]:
            """Per campaign, everything that has happened and been attributed."""
            books = await rehearsal.books(profile=self.profile, level=level)
            found: dict[str, dict[str, int]] = {}
            for row in books["rows"]:
                into = found.setdefault(row["campaign"], {})
                for name, figure in row["happened"].items():
                    into[name] = into.get(name, 0) + figure
            return found

        async def ledger(self) -> dict[str, int]:
            """Per campaign the total units, as Amazon's side has them once all is counted."""
            await rehearsal.switch(mask_threshold=0)
            await rehearsal.advance(48)
            rows = await rehearsal.rows(self.profile)
            units: dict[str, int] = {}
            for row in rows:
                units[row["campaignId"]] = units.get(row["campaignId"], 0) + int(
                    row["totalUnitsSold14d"]
                )
            return units

    return Shop()


async def test_the_last_click_takes_the_sale(rehearsal, shop):
    """S66."""
    await rehearsal.click(shop.link(shop.fern[0], "first"), shopper="ann")
    await rehearsal.advance(1)
    await rehearsal.click(shop.link(shop.fern[0], "second"), shopper="ann")
    await rehearsal.advance(1)
    await rehearsal.buy("ann", shop.fern[0])

    assert await shop.ledger() == {"first": 0, "second": 1}


@pytest.mark.parametrize(("late", "units"), [(timedelta(0), 1), (timedelta(seconds=1), 0)])
async def test_a_click_is_good_for_fourteen_days(rehearsal, shop, late, units):
    """S62."""
    await rehearsal.click(shop.link(shop.fern[0]), shopper="ann")
    await rehearsal.control(
        "POST", "clock", {"to": (rehearsal.now() + timedelta(days=14) + late).isoformat()}
    )
    await rehearsal.buy("ann", shop.fern[0])

    assert await shop.ledger() == {"c1": units}
    assert (await shop.totals())["c1"]["total_units"] == units


async def test_a_sale_without_a_click_belongs_to_nobody(rehearsal, shop):
    """S66."""
    await rehearsal.click(shop.link(shop.fern[0]), shopper="ann")
    await rehearsal.buy("bob", shop.fern[0])

    assert await shop.ledger() == {"c1": 0}
    books = await rehearsal.books(profile=shop.profile)
    assert books["lost"]["lines"] == {"no tagged click of this shopper": 1}


async def test_own_goods_are_promoted_or_halo_and_other_brands_earn_nothing(rehearsal, shop):
    """S64, S65: linked goods are promoted, the brand's others halo, the rest is nobody's."""
    linked, other = shop.fern[0], shop.fern[1]
    foreign = rehearsal.about["other_brands_products"][0]["asin"]
    await rehearsal.click(shop.link(linked), shopper="ann")
    await rehearsal.buy("ann", linked, other, foreign, shop.stone[0])

    figures = (await shop.totals())["c1"]
    assert await shop.ledger() == {"c1": 2}
    assert (figures["promoted_units"], figures["halo_units"]) == (1, 1)
    price = {one["asin"]: one["prices_minor"] for one in rehearsal.brand("fernhollow")["products"]}
    assert figures["promoted_sales_minor"] == price[linked]["ATVPDKIKX0DER"]
    assert figures["total_sales_minor"] == sum(
        price[asin]["ATVPDKIKX0DER"] for asin in (linked, other)
    )


async def test_a_click_promotes_the_products_variations(rehearsal, shop):
    families: dict[str, list[str]] = {}
    for one in rehearsal.brand("fernhollow")["products"]:
        families.setdefault(one["family"], []).append(one["asin"])
    first, second = next(found for found in families.values() if len(found) > 1)[:2]

    await rehearsal.click(shop.link(first), shopper="ann")
    await rehearsal.buy("ann", second)

    assert (await shop.totals())["c1"]["promoted_units"] == 1


async def test_association_is_per_campaign(rehearsal, shop):
    await rehearsal.click(shop.link(shop.fern[1], "other"), shopper="bob")
    await rehearsal.click(shop.link(shop.fern[0], "mine"), shopper="ann")
    await rehearsal.buy("ann", shop.fern[1])
    await rehearsal.click(shop.link(shop.fern[1], "mine"), shopper="cid")
    await rehearsal.buy("cid", shop.fern[1])

    mine = (await shop.totals())["mine"]
    assert (mine["halo_units"], mine["promoted_units"]) == (1, 1)


async def test_a_store_page_promotes_what_it_lists(rehearsal, shop, tagged):
    page = rehearsal.brand("fernhollow")["store_pages"][1]
    await rehearsal.click(tagged(f"/stores/page/{page['id']}", shop.template), shopper="ann")
    outside = next(asin for asin in shop.fern if asin not in page["asins"])
    await rehearsal.buy("ann", page["asins"][0], outside)

    figures = (await shop.totals())["c1"]
    assert (figures["promoted_units"], figures["halo_units"]) == (1, 1)
    assert figures["promoted_views"] == 0


async def test_a_page_of_dynamic_widgets_promotes_nothing(rehearsal, shop, tagged):
    page = rehearsal.brand("fernhollow")["store_pages"][2]
    assert page["asins"] == []
    await rehearsal.click(tagged(f"/stores/page/{page['id']}", shop.template), shopper="ann")
    await rehearsal.buy("ann", shop.fern[0])

    assert await shop.ledger() == {"c1": 0}


async def test_a_reused_tag_shadows_the_click_before_it(rehearsal, shop, tagged):
    await rehearsal.click(tagged(f"/dp/{shop.fern[0]}", shop.template), shopper="ann")
    await rehearsal.click(tagged(f"/dp/{shop.fern[1]}", shop.template), shopper="ann")
    await rehearsal.buy("ann", shop.fern[0])

    assert await shop.ledger() == {"c1": 0}
    assert (await shop.totals())["c1"]["clicks"] == 2


async def test_renewals_are_never_attributed(rehearsal, shop):
    """S28: the subscription's first order counts, the ones that follow do not."""
    await rehearsal.click(shop.link(shop.fern[0]), shopper="ann")
    line = {"asin": shop.fern[0], "subscribe_and_save": True}
    await rehearsal.control("POST", "purchases", {"shopper": "ann", "lines": [line]})
    await rehearsal.advance(29 * 24)
    await rehearsal.click(shop.link(shop.fern[0]), shopper="ann")
    await rehearsal.advance(40 * 24)

    books = await rehearsal.books(profile=shop.profile)
    assert await shop.ledger() == {"c1": 1}
    assert books["lost"]["lines"] == {"a Subscribe & Save renewal": 2}


async def test_a_campaign_of_another_profile_loses_its_conversions(rehearsal, shop, tagged):
    await rehearsal.click(shop.link(shop.fern[0]))
    lumen = rehearsal.profile_of("lumentide")
    template = await rehearsal.enable(lumen, "lucas")
    asin = rehearsal.asins("lumentide")[0]
    await rehearsal.click(tagged(f"/dp/{asin}", template), shopper="ann")
    await rehearsal.buy("ann", asin)

    books = await rehearsal.books(profile=lumen)
    assert books["totals"]["happened"]["clicks"] == 1
    assert books["totals"]["happened"]["total_units"] == 0
    assert books["lost"]["lines"] == {"the last click may not take conversions": 1}


async def test_the_first_purchase_of_a_year_is_a_new_customers(rehearsal, shop):
    await rehearsal.click(shop.link(shop.fern[0]), shopper="ann")
    await rehearsal.buy("ann", shop.fern[0], shop.fern[1])
    await rehearsal.advance(24)
    await rehearsal.buy("ann", shop.fern[0])

    figures = (await shop.totals())["c1"]
    assert figures["total_purchases"] == 3
    assert figures["new_customer_purchases"] == 2
