import pytest

from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import EgressRefused

PRODUCTION = Endpoints.production()
SANDBOX = Endpoints.sandbox("http://127.0.0.1:8900")


@pytest.mark.parametrize(
    "url",
    [
        "https://advertising-api.amazon.com/v2/profiles",
        "https://sellingpartnerapi-fe.amazon.com/sellers/v1/marketplaceParticipations",
        "https://api.amazon.com/auth/o2/token",
    ],
)
def test_amazons_own_hosts_are_dialled(url: str) -> None:
    PRODUCTION.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://advertising-api.amazon.com/v2/profiles",
        "https://advertising-api.amazon.com:8443/",
        "https://advertising-api.amazon.com.evil.example/",
        "https://advertising-api.amazon.com@evil.example/",
        "https://evil.example/advertising-api.amazon.com",
        "https://www.amazon.com/",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "//advertising-api.amazon.com/",
        "",
        "https://[::1",
    ],
)
def test_no_other_host_is_dialled(url: str) -> None:
    with pytest.raises(EgressRefused):
        PRODUCTION.check(url)


def test_a_document_is_fetched_from_amazons_storage() -> None:
    PRODUCTION.check_document(
        "https://tortuga-prod-na.s3.us-east-1.amazonaws.com/x?X-Amz-Signature=1"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://tortuga-prod-na.s3.amazonaws.com/x",
        "https://amazonaws.com.evil.example/x",
        "https://evilamazonaws.com/x",
        "https://s3.amazonaws.com:22/x",
        "https://user:word@s3.amazonaws.com/x",
        "https://evil.example\\.amazonaws.com/x",
        "https://evil.example/.amazonaws.com",
        "https://evil.example#.amazonaws.com",
        "http://127.0.0.1:8900/documents/1",
    ],
)
def test_a_document_is_fetched_from_nowhere_else(url: str) -> None:
    with pytest.raises(EgressRefused):
        PRODUCTION.check_document(url)


def test_a_refused_address_is_named_without_its_secrets() -> None:
    with pytest.raises(EgressRefused) as refused:
        PRODUCTION.check_document("https://evil.example/x?X-Amz-Signature=canary")
    assert "evil.example" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_the_sandbox_is_the_only_origin_of_a_rehearsal() -> None:
    SANDBOX.check("http://127.0.0.1:8900/eu/v2/profiles")
    SANDBOX.check_document("http://127.0.0.1:8900/documents/1")
    for url in ("https://advertising-api.amazon.com/", "http://127.0.0.1:8901/"):
        with pytest.raises(EgressRefused):
            SANDBOX.check(url)
        with pytest.raises(EgressRefused):
            SANDBOX.check_document(url)
