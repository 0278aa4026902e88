"""The staff's page of backups: what there is, until when, and what comes next; administrators make one now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_fresh
from backups import copies, expiring, manifest, vault
from backups.problems import BackupProblem
from backups.tasks import back_up
from cannonworks import rules
from cannonworks.admin import Question, Table, signed_in
from cannonworks.admin_words import chip, day
from cannonworks.deadlines import in_amsterdam, moment_in_words
from journal import services as journal

#: So many are shown one by one; of the others the number and the oldest.
SHOWN = 31


@require_safe
def shown(request: HttpRequest) -> HttpResponse:
    """Every backup that is kept, the newest first, and how far the copies of the ledger are."""
    if not request.user.has_perm("retention.view_alarm"):
        raise PermissionDenied
    try:
        tables, problem = _tables(vault.names()), ""
    except BackupProblem as error:
        tables, problem = [], error.message
    context = {
        **admin.site.each_context(request), "title": _("Backups"), "tables": tables, "problem": problem,
        "may_make": request.user.is_superuser, "kept": rules.BACKUPS_KEPT,
    }  # fmt: skip
    return TemplateResponse(request, "admin/backups.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def now(request: HttpRequest) -> HttpResponse:
    """Ask whether to make a backup now, and have a worker make it."""
    if not request.user.is_superuser:
        raise PermissionDenied
    if request.method == "POST":
        require_fresh(request)
        journal.record("backup.asked", actor=signed_in(request), clause="14")
        transaction.on_commit(back_up.delay)
        messages.success(request, _("The backup is being made. It is in this list as soon as it is proven."))
        return redirect("admin:backups")
    question = Question(
        title=_("Make a backup now"),
        text=_("Besides the one of every night: of all data as they are now, encrypted, and read back once written."),
        facts=[(_("Kept until"), day(rules.BACKUPS_KEPT.after(timezone.localdate()) - timedelta(days=1)))],
        button=_("Make the backup"),
    )
    context = {
        **admin.site.each_context(request), "title": question.title, "question": question, "form": forms.Form(),
        "back": reverse("admin:backups"),
    }  # fmt: skip
    return TemplateResponse(request, "admin/act.html", context)


def _tables(names: Sequence[str]) -> list[Table]:
    rows = [_row(name) for name in islice(reversed(names), SHOWN)]
    headers = [_("Made at"), _("Size"), _("Rows"), _("Files"), _("Wrapped keys"), _("Kept until")]
    left = len(names) - len(rows)
    note = _("And %(count)s before these; the oldest goes on %(day)s.") % {
        "count": left, "day": day(expiring.expires_on(names[0])),
    } if left else ""  # fmt: skip
    return [Table(_("Backups"), headers, rows, note=note), _ledger()]


def _row(name: str) -> list[object]:
    at, kept = moment_in_words(in_amsterdam(vault.made_at(name)), "j F Y"), day(_last_day(name))
    try:
        made = manifest.read(name)
    except BackupProblem as problem:
        return [at, chip("danger", problem.message), "", "", "", kept]
    keys = _("there") if vault.has(f"{name}/{vault.KEYS}") else _("gone, as it should be")
    return [at, filesizeformat(made.size), sum(made.rows.values()), made.files, keys, kept]


def _last_day(name: str) -> date:
    return expiring.expires_on(name) - timedelta(days=1)


def _ledger() -> Table:
    copied = copies.last()
    rows = [[copied.number, len(copies.ends()), copied.hash[:16]]] if copied.number else []
    note = _("What was erased goes again after a restore by these lines. Every copy goes on from the one before.")
    return Table(_("Copies of the erasure ledger"), [_("Lines"), _("Copies"), _("Last hash")], rows, note=note)
