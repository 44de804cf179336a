"""Which clicks measure: Amazon's rules for tagged links."""

from __future__ import annotations

import pytest

OTHER_MARKET = "the page is in another marketplace than the tag's profile"
OTHER_SELLER = "the page is of another selling account than the tag's profile"


@pytest.fixture
async def shop(rehearsal, tagged):
    """A measuring profile, and links into it."""

    enabled = await rehearsal.enable(rehearsal.profile_of("fernhollow"))

    class Shop:
        profile = rehearsal.profile_of("fernhollow")
        asin = rehearsal.asins("fernhollow")[0]
        template = enabled

        def link(self, path: str | None = None, **ids: str) -> str:
            return tagged(path or f"/dp/{self.asin}", self.template, **ids)

    return Shop()


@pytest.mark.parametrize(
    "form",
    [
        "/dp/{asin}",
        "/Copper-Kettle-Two-Pints/dp/{asin}",
        "/Copper-Kettle/dp/{asin}/ref=sr_1_1",
        "/gp/product/{asin}",
        "/gp/aw/d/{asin}",
        "https://www.amazon.com/dp/{asin}",
        "https://smile.amazon.com/dp/{asin}",
        "https://m.amazon.com/dp/{asin}",
        "/www.amazon.com/dp/{asin}",
        "http://127.0.0.1:40015/dp/{asin}",
    ],
)
async def test_every_form_of_a_product_page_measures(rehearsal, shop, form):
    click = await rehearsal.click(shop.link(form.format(asin=shop.asin)))

    assert click["measured"], click
    assert click["takes_conversions"]
    assert click["problems"] == []


@pytest.mark.parametrize("form", ["/stores/page/{page}", "/stores/Fernhollow/page/{page}"])
async def test_a_store_page_measures(rehearsal, shop, form):
    page = rehearsal.brand("fernhollow")["store_pages"][0]["id"]

    click = await rehearsal.click(shop.link(form.format(page=page)))

    assert click["takes_conversions"], click


@pytest.mark.parametrize("path", ["/s", "/gp/cart/view.html", "/", "/b/123"])
async def test_any_other_page_measures_nothing(rehearsal, shop, path):
    click = await rehearsal.click(shop.link(path))

    assert not click["measured"]
    assert "the page is neither a product's nor a Store's" in click["problems"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("&tag=associate-20", "tag is there 2 times"),
        ("&ref_=nav", "ref_ is there 2 times"),
        ("&aa_campaignid=other", "aa_campaignid is there 2 times"),
    ],
)
async def test_a_second_parameter_of_the_same_name_measures_nothing(rehearsal, shop, more, problem):
    click = await rehearsal.click(shop.link() + more)

    assert not click["measured"]
    assert problem in click["problems"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("&tag=maas", "", "tag is missing"),
        ("ref_=aa_maas", "ref_=nav", "ref_ is 'nav' instead of 'aa_maas'"),
        ("&aa_creativeid=p1", "", "aa_creativeid is missing"),
        ("_static_", "_macro_", "publisher 12 has no macro tag"),
        ("maas_adg_api", "maas_adg", "maas is not an API tag's"),
    ],
)
async def test_a_tag_that_was_tampered_with_measures_nothing(rehearsal, shop, old, new, problem):
    click = await rehearsal.click(shop.link().replace(old, new))

    assert not click["measured"]
    assert problem in click["problems"]


@pytest.mark.parametrize(
    "char", ["%2F", "%26", "%3D", "%23", "%3F", "%2B", "%27", "%22", "%25", "$"]
)
async def test_a_forbidden_character_measures_nothing_even_escaped(rehearsal, shop, char):
    click = await rehearsal.click(shop.link(campaign=f"a{char}b"))

    assert not click["measured"]
    assert click["problems"][0].startswith("aa_campaignid contains")


@pytest.mark.parametrize(("length", "measured"), [(254, True), (255, False)])
async def test_an_id_has_at_most_254_characters(rehearsal, shop, length, measured):
    click = await rehearsal.click(shop.link(adgroup="g" * length))

    assert click["measured"] == measured


async def test_a_placeholder_left_in_is_measured_under_its_own_name(rehearsal, shop):
    click = await rehearsal.click(shop.link(page="{insertCreativeId}"))

    assert click["measured"]
    assert click["notes"] == ["aa_creativeid holds a placeholder that was never filled in"]


async def test_a_profile_measures_nothing_before_its_tag_call(rehearsal, tagged):
    profile = next(
        one for one in rehearsal.about["profiles"] if one["name"] == "Bulkhead Supply Co"
    )
    template = f"?maas=maas_adg_api_{profile['advertiser_id']}_static_12_73&ref_=aa_maas&tag=maas"
    link = tagged(f"/dp/{rehearsal.asins('bulkhead')[0]}", template)

    before = await rehearsal.click(link)
    await rehearsal.enable(profile["id"], "boris")
    after = await rehearsal.click(link)

    assert before["problems"] == ["no tag endpoint was ever called for the tag's profile"]
    assert not before["measured"]
    assert after["measured"]


async def test_an_unknown_advertiser_measures_nothing(rehearsal, shop, tagged):
    link = tagged(f"/dp/{shop.asin}", "?maas=maas_adg_api_1_static_12_73&ref_=aa_maas&tag=maas")

    assert (await rehearsal.click(link))["problems"] == ["the tag's advertiser is unknown"]


async def test_another_sellers_page_counts_the_click_and_takes_no_conversion(rehearsal, shop):
    click = await rehearsal.click(shop.link(f"/dp/{rehearsal.asins('lumentide')[0]}"))

    assert click["measured"]
    assert not click["takes_conversions"]
    assert click["problems"] == [OTHER_SELLER]


async def test_another_marketplaces_page_counts_the_click_and_takes_no_conversion(
    rehearsal, tagged
):
    template = await rehearsal.enable(rehearsal.profile_of("lumentide"), "lucas")
    asin = rehearsal.asins("lumentide")[0]

    click = await rehearsal.click(tagged(f"https://www.amazon.ca/dp/{asin}", template))

    assert click["measured"]
    assert click["problems"] == [OTHER_MARKET]


async def test_a_page_that_is_not_sold_there_measures_nothing(rehearsal, shop):
    click = await rehearsal.click(shop.link(f"https://www.amazon.de/dp/{shop.asin}"))

    assert not click["measured"]


async def test_the_same_tag_on_a_second_page_takes_no_conversion(rehearsal, shop):
    second = rehearsal.asins("fernhollow")[1]

    first = await rehearsal.click(shop.link())
    reused = await rehearsal.click(shop.link(f"/dp/{second}"))
    own_creative = await rehearsal.click(shop.link(f"/dp/{second}", page="p2"))

    assert first["takes_conversions"]
    assert reused["problems"] == ["the same tag was first used on another page"]
    assert own_creative["takes_conversions"]


async def test_a_campaign_id_of_another_profile_takes_no_conversion(rehearsal, shop, tagged):
    await rehearsal.click(shop.link())
    template = await rehearsal.enable(rehearsal.profile_of("lumentide"), "lucas")

    click = await rehearsal.click(tagged(f"/dp/{rehearsal.asins('lumentide')[0]}", template))

    assert click["measured"]
    assert click["problems"] == ["aa_campaignid is already used by another profile"]


async def test_a_visit_over_http_is_a_click_of_the_shopper_named_or_remembered(rehearsal, shop):
    named = await rehearsal.http.get(shop.link(), headers={"X-Sandbox-Shopper": "ann"})
    await rehearsal.http.get(shop.link())
    await rehearsal.http.get(f"/dp/{shop.asin}")
    await rehearsal.http.head(shop.link())

    clicks = rehearsal.world.journal.events
    assert named.status_code == 200
    assert named.headers["X-Sandbox-Measured"] == "true"
    assert rehearsal.brand("fernhollow")["products"][0]["title"] in named.text
    assert [click.shopper for click in clicks] == ["ann", "ann"]


async def test_a_page_that_is_not_there_is_404(rehearsal):
    assert (await rehearsal.http.get("/dp/B000000000")).status_code == 404
