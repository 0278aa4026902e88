"""Values as pages need them: for a script to read, and for people."""

from __future__ import annotations

import json
import re
from functools import cache

import phonenumbers
from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cannonworks.countries import country_name
from cannonworks.prose import html_of

register = template.Library()

#: What a browser calls itself → what people call it; the first that fits, since many claim to be others too.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrom|CriOS", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux|CrOS", "Linux"),
)  # fmt: skip
#: A number of the Netherlands as it is kept.
HOME = re.compile(r"\+31[1-9][0-9]{8}")


@register.filter
def as_json(value: object) -> str:
    """JSON for an attribute, which the page escapes."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def device(user_agent: str) -> str:
    """ "Firefox, Windows" of what a browser calls itself."""
    known = (next((word for sign, word in signs if re.search(sign, user_agent)), "") for signs in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, known)) or _("Unknown device")


@register.filter
@cache  # addresses are those of the code
def address(name: str) -> str:
    """The address of a page that needs nothing but its name; every page has a menu of them."""
    return reverse(name)


@register.filter
@cache  # as many as there are
def icon(name: str) -> SafeString:
    """The drawing of that name."""
    return render_to_string("_partials/icon.html", {"icon": name})


@register.filter
def country(code: str) -> str:
    """The name of a country by its two letters, in the reader's language."""
    return country_name(code)


@register.filter
def phone(number: str) -> str:
    """A number in the form of E.164 as people write it: one of the Netherlands without its country."""
    if HOME.fullmatch(number):  # as most are: nothing to find out
        here = phonenumbers.PhoneNumber(country_code=31, national_number=int(number[3:]))
        return phonenumbers.format_number(here, phonenumbers.PhoneNumberFormat.NATIONAL)
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if parsed.country_code == 31 else form.INTERNATIONAL)


@register.filter
def prose(text: str) -> SafeString:
    """Markdown that staff wrote, as HTML under a heading of the second level."""
    return html_of(text, top=3)
