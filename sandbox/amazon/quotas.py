"""The selling API's quotas: a token bucket per client, selling partner and operation."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.switches import Switches

PLANS: dict[str, tuple[float, int]] = {
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReports": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "cancelReport": (0.0222, 10),
    "getMarketplaceParticipations": (0.016, 15),
    "searchCatalogItems": (2.0, 2),
    "searchListingsItems": (5.0, 5),
    "getListingsItem": (5.0, 10),
}
"""Operation to requests a second and burst."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Quotas:
    """`quota_scale` multiplies rate and burst; 0 lifts every quota."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def take(self, client_id: str, seller_id: str, operation: str) -> bool:
        """Whether a call may be made now."""
        scale = self._switches.quota_scale
        if scale == 0:
            return True
        rate, burst = PLANS[operation]
        rate, most = rate * scale, max(1.0, burst * scale)
        now = self._clock.ticking()
        key = (client_id, seller_id, operation)
        bucket = self._buckets.setdefault(key, _Bucket(most, now))
        bucket.tokens = min(most, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
