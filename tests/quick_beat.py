"""The product's own beat schedule, with every entry once a second: to see beat, queue and worker work together."""

from datetime import timedelta

from cannonworks.celery import app

app.conf.beat_schedule = {
    name: {**entry, "schedule": timedelta(seconds=1)} for name, entry in app.conf.beat_schedule.items()
}
