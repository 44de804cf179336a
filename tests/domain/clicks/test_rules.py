from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from domain.clicks.rules import Counted, NotCounted, WhyNot, counts

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
)
ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-S911B; wv) AppleWebKit/537.36 Chrome/125.0 Mobile"

PEOPLE = [
    IPHONE,
    CHROME,
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Opera/9.80 (Android; Opera Mini/36.2/191.256; U; en) Presto/2.12.423 Version/12.16",
    f"{CHROME} Edg/140.0.0.0",
    f"{CHROME} YaBrowser/24.6",
    f"{APPLE} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.0;FBDV/iPhone14,5]",
    f"{APPLE} Mobile/15E148 [Pinterest/iOS]",
    f"{APPLE} Mobile/15E148 Snapchat/12.90.0.42 (like Safari/8617)",
    f"{APPLE} GSA/318.0 Mobile/15E148 Safari/604.1",
    f"{APPLE} Version/18.4 Safari/605.1.15 (Ecosia ios@11.0.2.2268)",
    f"{ANDROID} Safari/537.36 Instagram 334.0.0.42.95 Android",
    f"{ANDROID} Safari/537.36 musical_ly_2023202030 BytedanceWebview/d8a21c6",
    "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Chrome/97.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/97.0 Mobile Safari/537.36",
]
PROGRAMS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1) Chrome/140.0 Mobile (compatible; AdsBot-Google-Mobile)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh) Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "meta-externalagent/1.1",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "Twitterbot/1.0",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "TelegramBot (like TwitterBot)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 10.0) BingPreview/1.0b",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "curl/8.5.0",
    "Wget/1.21",
    "python-requests/2.32",
    "python-httpx/0.28",
    "Go-http-client/2.0",
    "node-fetch/1.0",
    "okhttp/4.12",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/61.0 Safari/537.36 PingdomTMS/0.8",
    "Pingdom.com_bot_version_1.4",
    f"{CHROME} (StatusCake)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36",
    f"{CHROME} Chrome-Lighthouse",
    "someone typed this",
]


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_a_person_with_a_browser_or_in_an_app_counts(user_agent):
    """S52."""
    assert counts("GET", {"user-agent": user_agent}) == Counted()


@pytest.mark.parametrize("user_agent", PROGRAMS)
def test_a_program_does_not_count(user_agent):
    assert counts("GET", {"user-agent": user_agent}) == NotCounted(WhyNot.PROGRAM)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_only_a_get_counts(method):
    assert counts(method, {"user-agent": IPHONE}) == NotCounted(WhyNot.NOT_A_VISIT)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("purpose", "Preview"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ],
)
def test_a_page_fetched_ahead_of_time_does_not_count(header, value):
    headers = {"user-agent": IPHONE, header: value}

    assert counts("GET", headers) == NotCounted(WhyNot.PREFETCH)


@pytest.mark.parametrize("headers", [{}, {"user-agent": ""}, {"user-agent": "  "}])
def test_a_visitor_without_a_user_agent_does_not_count(headers):
    assert counts("GET", headers) == NotCounted(WhyNot.NO_USER_AGENT)


def test_headers_are_found_as_the_web_server_gives_them():
    headers = Headers({"User-Agent": IPHONE, "Sec-Purpose": "prefetch"})

    assert counts("GET", headers) == NotCounted(WhyNot.PREFETCH)


def test_an_ordinary_purpose_counts():
    assert counts("GET", {"user-agent": IPHONE, "purpose": "navigate"}) == Counted()


@given(st.text())
def test_any_user_agent_gets_a_verdict(user_agent):
    assert isinstance(counts("GET", {"user-agent": user_agent}), Counted | NotCounted)
