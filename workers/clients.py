"""Makes the clients of Amazon's APIs."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from domain.amazon.rules import Api
from domain.catalog.marketplaces import Region
from domain.clock import Clock
from workers.amazon.ads import Ads
from workers.amazon.endpoints import Endpoints
from workers.amazon.lwa import LoginWithAmazon
from workers.amazon.selling_partner import SellingPartner
from workers.amazon.throttle import Pace, Throttle
from workers.amazon.transport import AccessTokens


@dataclass(frozen=True, slots=True)
class Application:
    """One of our two clients at Login with Amazon. `application_id` is the SP-API's only."""

    client_id: str
    client_secret: str = field(repr=False)
    application_id: str = ""


@dataclass(frozen=True)
class Amazon:
    """Where Amazon is and who we are to it.

    Amazon's data comes in through the clients made here and through nothing else, so another
    source of it is another object of this shape (S10).
    """

    http: httpx.AsyncClient
    endpoints: Endpoints
    ads_application: Application
    selling_application: Application
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    login_pace: Pace = field(default_factory=lambda: Pace(attempts=3, patience_s=20))
    """Less patient: others wait while one refreshes."""
    throttle: Throttle = field(default_factory=Throttle)

    def login(self, api: Api) -> LoginWithAmazon:
        ours = self.ads_application if api is Api.ADS else self.selling_application
        return LoginWithAmazon(
            self.http, self.endpoints, ours.client_id, ours.client_secret, self.login_pace
        )

    def ads(self, tokens: AccessTokens) -> Ads:
        client_id = self.ads_application.client_id
        return Ads(self.http, self.endpoints, client_id, tokens, self.pace)

    def selling_partner(
        self, region: Region, seller_id: str, tokens: AccessTokens
    ) -> SellingPartner:
        return SellingPartner(
            self.http,
            self.endpoints,
            region,
            self.selling_application.application_id,
            seller_id,
            tokens,
            self.throttle,
            self.clock,
        )
