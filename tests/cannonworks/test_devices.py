"""What programs and devices call themselves, and what kind that is."""

from __future__ import annotations

import pytest

from cannonworks.devices import kind_of


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148", "phone"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X710) Chrome/140 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537.36", "computer"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "computer"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", "computer"),
        ("Opera/9.80", "computer"),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", "robot"),
        ("Mozilla/5.0 (Linux; Android 6.0.1) Mobile Safari/537.36 (compatible; Googlebot/2.1)", "robot"),
        ("curl/8.14", "robot"),
        ("", "robot"),
        ("Something", "unknown"),
    ],
)
def test_of_a_device_its_kind_is_told(agent, kind):
    assert kind_of(agent) == kind
