"""Breaches are read, acknowledged and reported while an account is blocked too (§13, §15)."""

from __future__ import annotations

from cannonworks.blocking import stays_open

stays_open("breaches", "breach", "breach-acknowledge", "breach-report", "breach-json", "breach-pdf")
stays_open(
    "consultation", "consultation-choose", "consultation-ask", "consultation-waive", "consultation-sign-off",
    "consultation-appointment", "breach-permission", "breach-permission-withdraw",
)  # fmt: skip
stays_open(
    "api-breaches", "api-breach", "api-breach-acknowledge", "api-breach-supervisor", "api-breach-reports",
    "api-breach-report", "api-breach-permission", "api-consultations", "api-consultation", "api-consultation-choose",
    "api-consultation-propose", "api-consultation-waive", "api-consultation-sign-off",
)  # fmt: skip
