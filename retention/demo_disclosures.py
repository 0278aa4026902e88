"""Demonstration data of what others asked: one handed over, one refused, one that waits for consent (§8)."""

from __future__ import annotations

from datetime import date, timedelta

from accounts.models import Account, User
from cannonworks.deadlines import start_of_day
from processors import disclosing, disclosure_counts, extracting
from retention.demo_houses import scan

CONTACT = ("accounts.Company.email", "accounts.Company.phone")


def make(account: Account, *, clerk: User, second: User, today: date) -> None:
    """Go through them by the services, up to the numbers for everybody."""
    at = start_of_day(today - timedelta(days=60))
    granted = disclosing.register(
        actor=clerk, account=account, asker="police", office="Politie Noord-Nederland", channel="brief",
        received_at=at, at=at, basis="Sv art. 126nd", order=scan("Order of the public prosecutor"),
        order_number="2026-114-B", asked_fields=[*CONTACT, "accounts.User.last_name"], given_fields=CONTACT,
    )  # fmt: skip
    disclosing.decide(granted, actor=second, decision="give", reason="Bevel klopt; namen zijn niet nodig.", at=at)
    extract = extracting.ask_extract(granted, actor=clerk, at=at)
    extracting.run(extract.pk, at=at)
    extracting.take(extract, actor=clerk, at=at)
    disclosing.hand_over(granted, actor=clerk, how="aangetekende post", to="officier van justitie", at=at)
    later = at + timedelta(days=30)
    refused = disclosing.register(
        actor=clerk, account=account, asker="private", office="Incassobureau Strak", channel="mail", received_at=later,
        at=later, asked_fields=CONTACT, asked_records="Alle relaties met een openstaande factuur",
    )  # fmt: skip
    disclosing.decide(refused, actor=second, decision="refuse", reason="Geen bevel en geen toestemming.", at=later)
    at = start_of_day(today)
    waiting = disclosing.register(
        actor=clerk, account=account, asker="private", office="Verzekeraar Noorderpolis", channel="mail",
        received_at=at, at=at, asked_fields=CONTACT, given_fields=CONTACT[:1],
    )  # fmt: skip
    disclosing.ask_consent(waiting, actor=clerk, at=at)
    disclosure_counts.count(on=today)
