"""What a process has to be told beside its servers, where no Amazon is reached."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

LEAST: Final = {
    "SEALING_KEYS": f"k1:{b64encode(bytes(range(32))).decode()}",
    "PUBLIC_URL": "http://127.0.0.1",
    "AMAZON_ADS_CLIENT_ID": "ads",
    "AMAZON_ADS_CLIENT_SECRET": "secret-1",
    "AMAZON_SELLER_CLIENT_ID": "seller",
    "AMAZON_SELLER_CLIENT_SECRET": "secret-2",
    "AMAZON_SELLER_APPLICATION_ID": "application",
}
