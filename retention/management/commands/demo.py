"""Fill an empty installation with demonstration data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.models import Account, User
from cannonworks.commands import OneLineCommand
from retention import demo, demo_glass


class Command(OneLineCommand):
    """Accounts in every state, some due today; does nothing where there is data already, and never in production."""

    help = "On first use, make demonstration accounts in every state, some of them due today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-in", action="store_true", help="only say where and as whom to sign in")

    def handle(self, *, sign_in: bool, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("demonstration data is for a machine of one's own; addresses of servers are set.")
        if sign_in:
            self._tell_sign_in()
        elif not User.objects.exists() and not Account.objects.exists():
            self.stdout.write("Making demonstration accounts …")
            made = demo.make(today=timezone.localdate())
            first, second = User.objects.filter(is_staff=True).order_by("pk")
            demo_glass.make(made["trial"], first=first, second=second, at=timezone.now())

    def _tell_sign_in(self) -> None:
        holder = User.objects.filter(is_main=True).order_by("pk").first()
        staff = User.objects.filter(is_staff=True).order_by("pk").first()
        now, then = demo.codes(at=timezone.now())
        helper = User.objects.filter(is_helper=True).order_by("pk").first()
        self.stdout.write(
            f"Sign in on {settings.SITE_URL}/ as {holder and holder.email}, "
            f"as staff on {settings.SITE_URL}/admin/ as {staff and staff.email}, "
            f"and as a helper as {helper and helper.email}; password {demo.PASSWORD}\n"
            f"Staff and helpers need a code as well: now {now}, in half a minute {then}. New ones: manage.py demo"
            f" --sign-in; or put {demo.TOTP_SECRET} into an authenticator app."
        )
