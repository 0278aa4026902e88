from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from accounts import charts, statistics
from accounts.access import holder_only
from accounts.models.usage import Module
from accounts.statistics import PERIODS, Per


@holder_only
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """How the account is used: clicks and sign-ins by day, week or month, by part and by kind of device."""
    on, per = timezone.localdate(), statistics.period(request.GET.get("per"))
    module = request.GET.get("module", "")
    module = module if module in Module.values else ""
    account = request.user.account
    found = statistics.usage_of(account, per=per, on=on, module=module)
    clicks, sign_ins = draw(found.starts, per, found.clicks, found.sign_ins)
    context = {
        "per": per, "periods": PERIODS, "module": module, "module_label": Module(module).label if module else "",
        "usage": found, "clicks": clicks, "sign_ins": sign_ins,
        "counted": found.counted.items(), "modules": shares(found.modules),
        "devices": shares(statistics.devices(account, on=on)),
        "latest": statistics.sign_ins(request.user), "refused": request.user.analytics is False,
    }  # fmt: skip
    return render(request, "accounts/usage.html", context)


def draw(starts: list[date], per: Per, *numbers: list[int]) -> list[charts.Chart]:
    """Charts of one number a step, with days or months written in the reader's language."""
    short = "j b" if get_language() == "nl" else "j M"
    long, brief = ("F Y", short.partition(" ")[2]) if per.name == "month" else ("j F Y", short)
    labels, words = ([date_format(day, form) for day in starts] for form in (long, brief))
    return [charts.draw(each, labels, words) for each in numbers]


def shares(numbers: list[tuple[Any, int]]) -> list[tuple[Any, int, str]]:
    """Each with the width of its bar: that of the first, which is the largest, is whole."""
    most = max((number for _what, number in numbers), default=0)
    return [(what, number, charts.share(number, most)) for what, number in numbers]
