from base64 import b64encode
from uuid import uuid4

import pytest

from config import Config
from domain.catalog.marketplaces import Region
from domain.clock import SystemClock
from domain.errors import NotFound
from workers.deps import open_deps


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "https://advertising-api.amazon.com"),
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900/na"),
    ],
)
async def test_what_handlers_work_with_follows_the_configuration(
    database_of_test: str, origin: str, host: str
):
    config = Config.from_env(
        {
            "DATABASE_URL": database_of_test,
            "REDIS_URL": "unused",
            "SEALING_KEYS": f"k1:{b64encode(bytes(32)).decode()}",
            "ENVIRONMENT": "development",
            "PUBLIC_URL": "https://us.example",
            "AMAZON_ORIGIN": origin,
            "AMAZON_ADS_CLIENT_ID": "ads",
            "AMAZON_ADS_CLIENT_SECRET": "s-1",
            "AMAZON_SELLER_CLIENT_ID": "seller",
            "AMAZON_SELLER_CLIENT_SECRET": "s-2",
            "AMAZON_SELLER_APPLICATION_ID": "app",
        }
    )

    async with open_deps(config, SystemClock()) as deps:
        assert deps.amazon.endpoints.ads[Region.NORTH_AMERICA] == host
        assert deps.public_url == "https://us.example"
        assert "s-1" not in repr(deps.amazon)
        assert "s-2" not in repr(deps.amazon)
        with pytest.raises(NotFound):
            await deps.ads(uuid4(), uuid4())
