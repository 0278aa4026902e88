"""The Celery application and the whole beat schedule: code, not rows that somebody can switch off."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from cannonworks.settling import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")


class Job(Task):
    """A task of ours: it speaks to the database as the scheduled jobs do."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task under the role of jobs; where the database lets nobody in, it waits and comes again."""
        from cannonworks import closed, isolation

        if not self.request.called_directly and not self.request.is_eager and not closed.lets_in():
            raise self.retry(countdown=closed.AGAIN_AFTER, max_retries=closed.MOST_TIMES)
        with isolation.acting_as(isolation.JOBS):
            return super().__call__(*args, **kwargs)


app = Celery("cannonworks", task_cls=Job)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_we_do(**_signal: object) -> None:
    """Keep the queue from bringing handlers of its own, whose lines would go past ours."""
    logging.config.dictConfig(settings.LOGGING)


@worker_process_init.connect
def begin(**_signal: object) -> None:
    """Settle, in each process of a worker."""
    settle()


#: task → when (Amsterdam time). Every path is imported by a test.
app.conf.beat_schedule = {
    "gags": {"task": "processors.tasks.end_gags", "schedule": crontab(hour=0, minute=8)},
    "extracts": {"task": "processors.tasks.tend_extracts", "schedule": crontab(minute="2-59/5")},
    "counts of disclosures": {"task": "processors.tasks.count_disclosures", "schedule": crontab(hour=0, minute=12)},
    "statements": {"task": "processors.tasks.end_outdated_statements", "schedule": crontab(minute=3)},
    "sweep": {"task": "retention.tasks.sweep", "schedule": crontab(minute=5)},
    "alarms": {"task": "retention.tasks.raise_alarms", "schedule": crontab(minute=35)},
    "mailings": {"task": "finance.tasks.send_lost", "schedule": crontab(minute="7-59/15")},
    "subscriptions": {"task": "finance.tasks.charge_due_subscriptions", "schedule": crontab(hour=6, minute=10)},
    "invoices": {"task": "finance.tasks.send_invoices", "schedule": crontab(hour=8, minute=40)},
    "imports": {"task": "relations.tasks.revive_imports", "schedule": crontab(minute="*/5")},
    "usage": {"task": "accounts.tasks.count_usage", "schedule": crontab(hour="*/3", minute=40)},
    "ages": {"task": "retention.tasks.let_age", "schedule": crontab(hour=2, minute=25)},
    "terms": {"task": "accounts.tasks.announce_terms", "schedule": crontab(minute="*/10")},
    "sub-processors": {"task": "processors.tasks.announce_changes", "schedule": crontab(minute="2-59/10")},
    "sub-processors at work": {"task": "processors.tasks.take_effect", "schedule": crontab(minute=2)},
    "departures": {"task": "retention.tasks.prove_departures", "schedule": crontab(minute="4-59/10")},
    "standing": {"task": "retention.tasks.tell_ledger", "schedule": crontab()},
    "post": {"task": "retention.tasks.send_post", "schedule": crontab(minute="*/10")},
    "outbox": {"task": "accounts.tasks.empty_outbox", "schedule": crontab(minute="3-59/10")},
    "requests": {"task": "rights.tasks.tend_requests", "schedule": crontab(hour="7-20", minute=20)},
    "consultations": {"task": "breaches.tasks.lapse_consultations", "schedule": crontab(minute=15)},
    "corrections": {"task": "rights.tasks.lapse_corrections", "schedule": crontab(hour=0, minute=5)},
    "letters": {"task": "rights.tasks.order_waiting", "schedule": crontab(minute="1-59/5")},
    "returns": {"task": "rights.tasks.tend_returns", "schedule": crontab(minute="1-59/5")},
    "expired returns": {"task": "rights.tasks.expire_returns", "schedule": crontab(minute=50)},
    "breaches": {"task": "breaches.tasks.tend_notices", "schedule": crontab()},
    "tests": {"task": "audits.tasks.tend_tests", "schedule": crontab(minute="2-59/5")},
    # Before the ages, which take away what a test has to keep.
    "logs of tests": {"task": "audits.tasks.preserve_logs", "schedule": crontab(hour=1, minute=45)},
    "emergency access": {"task": "processors.tasks.tend_glass", "schedule": crontab()},
    "newsletters": {"task": "accounts.tasks.send_newsletters", "schedule": crontab(minute="*/10")},
    "deadlines": {"task": "board.tasks.escalate", "schedule": crontab(minute="*/5")},
    "deadlines over": {"task": "board.tasks.forget", "schedule": crontab(hour=3, minute=10)},
    "backup": {"task": "backups.tasks.back_up", "schedule": crontab(hour=3, minute=25)},
    "restore on trial": {"task": "backups.tasks.drill", "schedule": crontab(hour=5, minute=15, day_of_week="sun")},
    "old backups": {"task": "backups.tasks.expire", "schedule": crontab(hour=1, minute=15)},
    "copies of the ledger": {"task": "backups.tasks.copy_ledger", "schedule": crontab(minute="3-59/5")},
    "seal": {"task": "journal.tasks.seal", "schedule": crontab(minute="*/5")},
    "verify new": {"task": "retention.tasks.verify_journal", "schedule": crontab(hour=4, minute=20)},
    "verify whole": {
        "task": "retention.tasks.verify_journal",
        "schedule": crontab(hour=4, minute=50, day_of_week="sun"),
        "args": (True,),
    },
}
