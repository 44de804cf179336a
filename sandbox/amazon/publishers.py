"""The publishers of Attribution, as they were recorded in February 2022, and their tags."""

from __future__ import annotations

from dataclasses import dataclass

INTEGRATOR = 73
"""The last number of `maas`: constant for one integrator."""

CONSOLE_PUBLISHER = "Google Adwords"


@dataclass(frozen=True, slots=True)
class Publisher:
    id: str
    name: str
    macro_enabled: bool = False

    def as_json(self) -> dict[str, str | bool]:
        return {"name": self.name, "id": self.id, "macroEnabled": self.macro_enabled}


_MACRO = ("Google Ads", "Facebook Ads", "Microsoft Ads", "Pinterest Ads")
_PLAIN = (
    "Snapchat Ads",
    "Twitter Ads",
    "LinkedIn Ads",
    "Youtube",
    "Display - Other",
    "Video - Other",
    "Blogpost - Other",
    "Email - Other",
    "TikTok",
    "Reddit",
    "Hulu",
    "Verizon Media",
    "BuzzFeed",
    "Pandora",
    "Spotify",
    "ESPN",
    "Slick Deals",
    "Fox",
    "ABC",
    "NBC",
    "CBS",
    "BET",
    "Conde Naste",
    "Hearst Digital",
    "Meredith Corporation",
)

ALL = tuple(
    Publisher(str(place + 1), name, name in _MACRO) for place, name in enumerate(_MACRO + _PLAIN)
)
BY_ID = {one.id: one for one in ALL}

_TEMPLATES = {
    "insertCampaign": ("insertCampaign", "insertAdGroupId", "insertCreativeId"),
    "insertCampaignId": ("insertCampaignId", "insertAdGroupId", "insertAdiD"),
    "campaignId": ("campaignId", "adgroupId", "creativeId"),
}
_MACROS = {
    "1": (
        "{campaignid}",
        "{adgroupid}",
        "ad-{creative}_{targetid}_dev-{device}_ext-{feeditemid}",
    ),
    "2": ("{{campaign.id}}", "{{adset.id}}", "{{ad.id}}"),
    "3": ("{CampaignId}", "{AdGroupId}", "ad-{AdId}_{TargetId}_dev-{Device}_ext-{feeditemid}"),
    "4": ("{campaignid}", "{adgroupid}", "{adid}"),
}


def template_tag(advertiser_id: str, publisher_id: str, spelling: str) -> str:
    """The tag whose ids the integrator fills in; `spelling` is the switch tag_placeholders."""
    campaign, adgroup, creative = (f"{{{word}}}" for word in _TEMPLATES[spelling])
    return _tag(advertiser_id, "static", publisher_id, campaign, adgroup, creative)


def macro_tag(advertiser_id: str, publisher_id: str) -> str:
    """The tag whose ids the publisher's own macros fill in."""
    return _tag(advertiser_id, "macro", publisher_id, *_MACROS[publisher_id])


def _tag(
    advertiser_id: str, kind: str, publisher_id: str, campaign: str, adgroup: str, creative: str
) -> str:
    return (
        f"?maas=maas_adg_api_{advertiser_id}_{kind}_{publisher_id}_{INTEGRATOR}"
        f"&ref_=aa_maas&tag=maas&aa_campaignid={campaign}"
        f"&aa_adgroupid={adgroup}&aa_creativeid={creative}"
    )
