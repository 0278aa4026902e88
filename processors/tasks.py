"""What is done when nobody looks: changes mailed and in force, access and promises ended (§8 to §10)."""

from __future__ import annotations

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cannonworks.storage import FilesUnavailable
from processors import confidentiality, disclosing, disclosure_counts, extracting, glass, glass_reports


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def announce_changes() -> int:
    """Beat: mail what was announced to every account; returns how many mails went."""
    from processors.mailing import send_announcements

    at = timezone.now()
    return send_announcements(on=timezone.localdate(at), at=at)


@shared_task(acks_late=True)
def take_effect() -> int:
    """Beat, every hour: let changes count whose day has come; returns how many."""
    from processors.announcing import take_effect_due

    return take_effect_due(at=timezone.now())


@shared_task(acks_late=True)
def tend_glass() -> int:
    """Beat, every minute: end emergency access that is over, and tell holders of it (§10); how many are left."""
    left = glass.tend()
    glass_reports.report_waiting(at=timezone.now())
    return left


@shared_task(acks_late=True)
def end_outdated_statements() -> int:
    """Beat, hourly: end statements under earlier words of which the term is over (§8)."""
    return confidentiality.end_outdated(at=timezone.now())


@shared_task(acks_late=True)
def end_gags() -> int:
    """Beat, nightly: tell holders of requests that need not stay secret any more (§8)."""
    return disclosing.end_gags(at=timezone.now())


@shared_task(
    acks_late=True, autoretry_for=(OperationalError, InterfaceError, FilesUnavailable), retry_backoff=10, max_retries=5
)
def run_extract(extract_id: int) -> bool:
    """Make the file of a disclosure (§8); whether it was made."""
    return extracting.run(extract_id, at=timezone.now())


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError, FilesUnavailable), retry_backoff=30)
def tend_extracts() -> int:
    """When one is taken, and beat, every five minutes: remove, revive and expire files of disclosures (§8)."""
    return extracting.tend(at=timezone.now())


@shared_task(acks_late=True)
def count_disclosures() -> int:
    """Beat, nightly: count what others asked of us, for everybody to see (§8)."""
    return disclosure_counts.count(on=timezone.localdate())
