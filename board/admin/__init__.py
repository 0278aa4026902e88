"""The staff's pages of deadlines, and the start page of the administration."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path

from backups import staff
from board.admin import calendars, deadlines


def pages() -> list[URLPattern]:
    """Pages of the administration that are no list of rows of a model; who may open them, they say themselves."""
    views = {
        "deadlines": ("deadlines/", deadlines.deadlines),
        "deadlines-calendar": ("deadlines/calendar/", calendars.shown),
        "deadlines-calendar-make": ("deadlines/calendar/make/", calendars.make),
        "deadlines-calendar-revoke": ("deadlines/calendar/revoke/", calendars.revoke),
        "backups": ("backups/all/", staff.shown),
        "backups-now": ("backups/now/", staff.now),
    }
    return [path(address, admin.site.admin_view(view), name=name) for name, (address, view) in views.items()]
