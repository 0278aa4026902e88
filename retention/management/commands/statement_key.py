"""Print the public key with which anyone can verify a statement of erasure."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cannonworks import signing


class Command(BaseCommand):
    """This installation's public key in PEM; KeyUnavailable without a signing key."""

    help = "Print the public key for verifying statements of erasure, in PEM."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        self.stdout.write(signing.to_pem(signing.public_key()), ending="")
