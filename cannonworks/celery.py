"""The Celery application and the whole beat schedule: code, not rows that somebody can switch off."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")

app = Celery("cannonworks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: task → when (Amsterdam time). Every path is imported by a test.
app.conf.beat_schedule = {
    "sweep": {"task": "retention.tasks.sweep", "schedule": crontab(minute=5)},
    "alarms": {"task": "retention.tasks.raise_alarms", "schedule": crontab(minute=35)},
    "post": {"task": "retention.tasks.send_post", "schedule": crontab(minute="*/10")},
}
