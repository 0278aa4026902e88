"""Forms: fields that check themselves as one types, and two people who save at once."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import SimpleTestCase
from django_htmx.middleware import HtmxMiddleware

from accounts.forms import ContactForm
from accounts.models import Company
from cannonworks.countries import countries, country_name
from cannonworks.errors import Changed
from cannonworks.forms import LongSelect, live_answer


class CompanyForm(ContactForm):
    class Meta(ContactForm.Meta):
        model = Company


WHOLE = {
    "company_name": "Eik", "kvk_number": "1234.5678", "email": "a@b.example", "phone": "0592 12 34 56",
    "street": "Brink", "house_number": "1", "postcode": "9401ab", "city": "Assen", "country": "NL",
}  # fmt: skip


def asked(rf, data, name=None, method="post"):
    headers = {"HX-Request": "true", "HX-Trigger-Name": name} if name else {}
    request = getattr(rf, method)("/company/", data, headers=headers)
    request.user = AnonymousUser()
    HtmxMiddleware(lambda request: HttpResponse())(request)
    return live_answer(request, CompanyForm(request.POST or None))


@pytest.mark.clause("19")
@pytest.mark.parametrize(
    ("name", "typed", "written"),
    [("kvk_number", "1234 5678", "12345678"), ("postcode", "9401ab", "9401 AB"), ("phone", "06-12345678", "+31612345678"),
     ("vat_number", "123456782b90", "NL123456782B90")],
)  # fmt: skip
def test_a_field_that_is_left_comes_back_in_its_written_form(rf, name, typed, written):
    answer = asked(rf, {"country": "NL", name: typed}, name).content.decode()
    assert f'value="{written}"' in answer
    assert "errorlist" not in answer


@pytest.mark.clause("19")
def test_a_wrong_one_keeps_what_was_typed_and_says_what_to_do(rf):
    answer = asked(rf, {"country": "NL", "kvk_number": "1234"}, "kvk_number").content.decode()
    assert 'value="1234"' in answer
    assert "acht cijfers" in answer
    assert answer.count("errorlist") == 1


@pytest.mark.clause("19")
def test_the_vat_number_of_a_sole_trader_with_a_bsn_in_it_is_refused_as_it_is_typed(rf):
    answer = asked(rf, {"country": "NL", "sole_trader": "on", "vat_number": "NL111222333B01"}, "vat_number")
    assert "btw-id" in answer.content.decode()


def test_other_requests_get_no_such_answer(rf):
    assert asked(rf, {"kvk_number": "1"}) is None
    assert asked(rf, {"kvk_number": "1"}, "company_name") is None  # no field that checks itself
    assert asked(rf, {}, "kvk_number", method="get") is None


@pytest.mark.clause("19")
def test_the_whole_form_writes_every_field_in_its_form(account):
    form = CompanyForm(WHOLE, instance=account.company)
    assert form.is_valid(), form.errors
    company = form.save(commit=False)
    assert (company.kvk_number, company.phone, company.postcode) == ("12345678", "+31592123456", "9401 AB")


def test_what_is_needed_and_what_is_wrong_is_said_once(db):
    form = CompanyForm({"country": "NL", "kvk_number": "x", "postcode": "1"})
    assert not form.is_valid()
    assert {name: len(errors) for name, errors in form.errors.items()} == dict.fromkeys(
        ("company_name", "kvk_number", "email", "street", "house_number", "postcode", "city"), 1
    )


def test_a_form_stands_in_groups_that_name_every_field_once(account):
    form = CompanyForm(instance=account.company)
    shown = [field.name for _legend, fields in form.groups() for field in fields]
    assert sorted(shown) == sorted(field.name for field in form.visible_fields())


def test_who_saves_second_keeps_what_was_typed_and_sees_what_the_first_one_saved(account):
    theirs = account.company
    theirs.city, theirs.revision = "Emmen", 2
    form = CompanyForm({**WHOLE, "revision": 1}, instance=Company(account=account))
    assert form.is_valid(), form.errors
    with pytest.raises(Changed) as changed:
        Changed.check(theirs, form.cleaned_data["revision"])
    form.show_theirs(changed.value)
    assert form["city"].value() == "Assen"
    assert form.fields["city"].theirs == "Emmen"
    assert form["revision"].value() == 2
    assert not hasattr(form.fields["street"], "theirs")
    assert "Iemand anders" in str(form.non_field_errors())
    Changed.check(theirs, 2)
    Changed.check(theirs, None)


def test_countries_are_named_in_the_readers_language_the_near_ones_first():
    assert [code for code, _name in countries()[:4]] == ["NL", "BE", "DE", "AF"]
    assert (country_name("DE", "nl"), country_name("DE", "en"), country_name("??", "en")) == (
        "Duitsland",
        "Germany",
        "??",
    )
    assert len(countries()) == len({code for code, _name in countries()}) > 200


@pytest.mark.parametrize("value", ["BE", "", None, "<x>"])
@pytest.mark.parametrize("attrs", [{}, {"id": "id_country", "required": True, "disabled": False, "hx-post": ""}])
def test_a_long_choice_reads_as_that_of_django(value, attrs):
    choices = [("", "—"), ("NL", "Nederland"), ("BE", "België & co"), ("CI", "Côte d'Ivoire"), ("<x>", "<b>")]
    ours, theirs = (
        widget(attrs={"class": "wide"}, choices=choices).render("country", value, attrs)
        for widget in (LongSelect, forms.Select)
    )
    assert_html = SimpleTestCase().assertHTMLEqual
    assert_html(ours, theirs)
    assert "<b>" not in ours
