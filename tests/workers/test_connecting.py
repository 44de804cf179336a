"""From a consent to a store that measures, and every reason why not."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from domain.amazon.rules import Api
from domain.catalog import rules
from domain.duties.rules import Kind
from tests.stage import Stage
from workers.amazon.errors import ClientRefused
from workers.errors import GiveUp


async def test_several_brands_under_one_seller_account(stage: Stage):
    """S7, S9."""
    fernhollow, stonepath = await stage.juniper("Fernhollow", "Stonepath")

    rows = await stage.owner.fetch(
        """SELECT s.id, b.name, s.profile_id, b.seller_account_id
             FROM store s JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
            ORDER BY b.name"""
    )
    assert [(row["id"], row["name"]) for row in rows] == [
        (fernhollow, "Fernhollow"), (stonepath, "Stonepath"),
    ]  # fmt: skip
    assert len({row["profile_id"] for row in rows}) == 1
    assert len({row["seller_account_id"] for row in rows}) == 1


async def test_several_seller_accounts_under_one_account(stage: Stage):
    """S8."""
    await stage.juniper("Fernhollow")
    await stage.consent(await stage.seller_account("Lumen & Tide"), "lucas")
    lumen = next(one for one in stage.world.cast.sellers.values() if one.name.startswith("Lumen"))

    await stage.connect(await stage.profile(merchant_id=lumen.id, country="US"), "Lumen & Tide")

    assert await stage.owner.fetchval("SELECT count(*) FROM store") == 2
    assert await stage.owner.fetchval("SELECT count(DISTINCT profile_id) FROM store") == 2


async def test_connecting_promises_what_has_to_happen(stage: Stage):
    """Reports are asked for once there is something to report."""
    await stage.juniper("Fernhollow")
    assert await stage.duties() == {"enable_measurement", "sync_catalog"}

    await stage.do(Kind.ENABLE_MEASUREMENT)
    assert await stage.duties() == {"pull_report", "sync_catalog"}

    await stage.owner.execute("DELETE FROM duty")
    await stage.connect(await stage.profile(kind="SELLER"), "Stonepath")
    assert await stage.duties() == {"pull_report", "sync_catalog"}


async def test_the_tag_call_is_made_and_recorded(stage: Stage):
    await stage.juniper("Fernhollow", "Stonepath")
    profile = await stage.row("SELECT * FROM profile WHERE kind = 'SELLER'")
    assert profile["measuring_since"] is None

    await stage.do(Kind.ENABLE_MEASUREMENT)

    profile = await stage.row("SELECT * FROM profile WHERE kind = 'SELLER'")
    assert profile["amazon_profile_id"] in stage.world.journal.measuring
    assert profile["measuring_since"] == stage.now()
    assert profile["publisher_id"] == "11"
    assert profile["tag_template"].startswith("?maas=maas_adg_api_")
    assert profile["advertiser_id"] in profile["tag_template"]


@pytest.mark.parametrize(
    "switches",
    [{"publishers_key": "publisher"}, {"tag_map": "wrapped"}, {"tag_placeholders": "campaignId"}],
)
async def test_the_tag_call_understands_every_form(stage: Stage, switches: dict[str, str]):
    stage.world.change_switches(switches)
    await stage.juniper("Fernhollow")

    await stage.do(Kind.ENABLE_MEASUREMENT)

    profile = await stage.row("SELECT * FROM profile WHERE kind = 'SELLER'")
    assert profile["tag_template"].startswith("?maas=")


async def test_the_tag_call_is_made_once(stage: Stage):
    await stage.juniper("Fernhollow")
    duty = await stage.row("SELECT * FROM duty WHERE kind = 'enable_measurement'")
    await stage.do(Kind.ENABLE_MEASUREMENT)
    await stage.owner.execute(
        "INSERT INTO duty (kind, subject, account_id, run_at) VALUES ($1, $2, $3, $4)",
        duty["kind"], duty["subject"], duty["account_id"], duty["run_at"],
    )  # fmt: skip

    await stage.do(Kind.ENABLE_MEASUREMENT)

    assert stage.count("/na/attribution/tags/nonMacroTemplateTag") == 1


async def test_legacy_attribution_profiles_are_left_out(stage: Stage):
    await stage.juniper()

    names = [row["name"] for row in await stage.owner.fetch("SELECT name FROM profile")]

    assert names == ["Juniper Row Trading"]


@pytest.mark.parametrize("status", ["400_message", "403_maas"])
async def test_a_brand_outside_brand_registry_is_refused(stage: Stage, status: str):
    """S4."""
    stage.world.change_switches({"not_eligible": status})
    await stage.consent(await stage.seller_account(), "quinn")

    with pytest.raises(rules.NotInBrandRegistry, match="Brand Registry"):
        await stage.connect(await stage.profile(kind="SELLER"), "Quickshelf")


async def test_vendor_central_is_refused(stage: Stage):
    """S5."""
    await stage.consent(await stage.seller_account(), "vera", [Api.ADS])

    with pytest.raises(rules.VendorCentral, match="Vendor Central"):
        await stage.connect(await stage.profile(kind="VENDOR"), "Meridian")


async def test_another_marketplace_is_refused_by_name(stage: Stage):
    """S6."""
    await stage.consent(await stage.seller_account(), "lucas")

    for country in ("CA", "UK", "DE"):
        with pytest.raises(rules.WrongMarketplace, match=rf"marketplace {country}.*US") as refused:
            await stage.connect(await stage.profile(country=country), "Lumen & Tide")
        assert refused.value.open_countries == ("US",)


async def test_an_agencys_own_profile_is_refused(stage: Stage):
    await stage.consent(await stage.seller_account(), "agnes", [Api.ADS])

    with pytest.raises(rules.AgencyProfile):
        await stage.connect(await stage.profile(kind="AGENCY"), "Anything")


async def test_a_profile_of_another_seller_is_refused(stage: Stage):
    """An agency's consent opens several sellers; a seller account stands for one."""
    seller = await stage.seller_account()
    await stage.consent(seller, "june", [Api.SELLING_PARTNER])
    await stage.consent(seller, "agnes", [Api.ADS])

    with pytest.raises(rules.OtherMerchant, match="Add a seller account"):
        await stage.connect(await stage.profile(name="Lumen & Tide Ltd", country="US"), "Lumen")


async def test_the_first_store_pins_the_seller_who_consents_later(stage: Stage):
    seller = await stage.seller_account()
    await stage.consent(seller, "june", [Api.ADS])
    await stage.connect(await stage.profile(kind="SELLER"), "Fernhollow")

    answer = await stage.decide(seller, Api.SELLING_PARTNER, "lucas")

    assert "is connected to" in answer.text
    grant = await stage.row("SELECT * FROM amazon_grant WHERE api = 'SELLING_PARTNER'")
    assert grant["state"] == "DECLINED"
    assert "Sign in to Seller Central as that seller" in grant["problem"]


async def test_a_seller_is_connected_once_in_an_account(stage: Stage):
    await stage.consent(await stage.seller_account(), "june", [Api.SELLING_PARTNER])
    second = await stage.seller_account("Juniper again")

    answer = await stage.decide(second, Api.SELLING_PARTNER, "june")

    assert "under another seller account" in answer.text
    grant = await stage.row("SELECT * FROM amazon_grant WHERE seller_account_id = $1", second)
    assert grant["state"] == "DECLINED"


async def test_a_wrong_new_consent_does_not_break_a_working_one(stage: Stage):
    seller = await stage.seller_account()
    await stage.consent(seller, "june", [Api.SELLING_PARTNER])

    await stage.decide(seller, Api.SELLING_PARTNER, "lucas")

    grant = await stage.row("SELECT * FROM amazon_grant")
    assert grant["state"] == "CONNECTED"
    assert "Sign in" in grant["problem"]
    assert await stage.deps.tokens(stage.account_id, grant["id"]).token()


async def test_a_code_that_came_too_late_asks_for_a_new_consent(stage: Stage):
    await stage.decide(await stage.seller_account(), Api.ADS)
    stage.pass_time(minutes=6)

    await stage.do(Kind.EXCHANGE_CODE)

    grant = await stage.row("SELECT * FROM amazon_grant")
    assert (grant["state"], grant["sealed_code"]) == ("RECONNECT", None)
    assert "Connect again" in grant["problem"]
    assert await stage.duties() == set()


async def test_an_exchange_that_runs_twice_exchanges_once(stage: Stage):
    await stage.decide(await stage.seller_account(), Api.ADS)
    duty = await stage.row("SELECT * FROM duty")
    await stage.do(Kind.EXCHANGE_CODE)
    await stage.owner.execute(
        "INSERT INTO duty (kind, subject, account_id, run_at) VALUES ($1, $2, $3, $4)",
        duty["kind"], duty["subject"], duty["account_id"], duty["run_at"],
    )  # fmt: skip

    await stage.do(Kind.EXCHANGE_CODE)

    assert stage.count("authorization_code") == 1
    assert (await stage.row("SELECT * FROM amazon_grant"))["state"] == "CONNECTED"


async def test_a_code_that_comes_during_an_exchange_is_exchanged_after_it(stage: Stage):
    seller = await stage.seller_account()
    await stage.decide(seller, Api.ADS)
    came = []

    async def consent_once_more(request: httpx.Request) -> None:
        if not came:
            came.append(request)
            await stage.decide(seller, Api.ADS)

    stage.deps.amazon.http.event_hooks["request"].append(consent_once_more)

    await stage.do(Kind.EXCHANGE_CODE)
    assert (await stage.row("SELECT * FROM amazon_grant"))["sealed_code"] is not None
    await stage.do(Kind.EXCHANGE_CODE)

    assert stage.count("authorization_code") == 2
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert (grant["state"], grant["sealed_code"]) == ("CONNECTED", None)
    assert "exchange_code" not in await stage.duties()


async def test_refused_credentials_of_ours_end_the_exchange(stage: Stage):
    await stage.decide(await stage.seller_account(), Api.ADS)
    stage.world.faults.order({"kind": "invalid_client", "times": 1})

    with pytest.raises(ClientRefused):
        await stage.do(Kind.EXCHANGE_CODE)

    assert (await stage.row("SELECT * FROM amazon_grant"))["state"] == "CONNECTING"


async def test_profiles_that_take_amazon_two_hours_are_waited_for(stage: Stage):
    stage.world.change_switches({"profile_delay_hours": 2})
    await stage.consent(await stage.seller_account(), "june", [Api.ADS])
    duty = await stage.row("SELECT * FROM duty WHERE kind = 'discover_profiles'")
    assert duty["run_at"] == stage.now() + timedelta(minutes=10)

    stage.pass_time(hours=2, minutes=1)
    await stage.do(Kind.DISCOVER_PROFILES)

    assert await stage.owner.fetchval("SELECT count(*) FROM profile") == 1
    assert await stage.duties() == set()


async def test_a_consent_without_profiles_says_so_in_the_end(stage: Stage):
    stage.world.change_switches({"profile_delay_hours": 100})
    await stage.consent(await stage.seller_account(), "june", [Api.ADS])
    stage.pass_time(hours=3)

    await stage.do(Kind.DISCOVER_PROFILES)

    grant = await stage.row("SELECT * FROM amazon_grant")
    assert "no advertising profile" in grant["problem"]
    assert await stage.duties() == set()


async def test_a_profile_that_loses_its_eligibility_is_told(stage: Stage):
    await stage.juniper("Fernhollow")
    stage.world.faults.order({"kind": "not_eligible"})

    with pytest.raises(GiveUp, match="not authorized"):
        await stage.do(Kind.ENABLE_MEASUREMENT)

    profile = await stage.row("SELECT * FROM profile WHERE kind = 'SELLER'")
    assert profile["attribution"] == "NOT_ELIGIBLE"


async def test_a_person_who_may_only_look_can_connect(stage: Stage):
    await stage.consent(await stage.seller_account(), "viewer", [Api.ADS])

    assert await stage.connect(await stage.profile(kind="SELLER"), "Fernhollow")


async def test_a_store_needs_a_consent_that_stands(stage: Stage):
    await stage.juniper()
    profile_id: UUID = await stage.profile(kind="SELLER")
    await stage.owner.execute("UPDATE amazon_grant SET state = 'RECONNECT'")

    with pytest.raises(rules.ConsentNeeded):
        await stage.connect(profile_id, "Fernhollow")


async def test_the_same_brand_is_connected_once_in_a_marketplace(stage: Stage):
    await stage.juniper("Fernhollow")

    with pytest.raises(rules.StoreExists, match="already"):
        await stage.connect(await stage.profile(kind="SELLER"), " fernhollow ")

    assert await stage.owner.fetchval("SELECT count(*) FROM brand") == 1
