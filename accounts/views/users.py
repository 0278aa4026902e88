from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import inviting
from accounts import users as services
from accounts.access import fresh, holder_only, main_user_only
from accounts.joining_forms import InviteForm, JoinForm
from accounts.models import Invitation, User
from accounts.pace import check_pace
from accounts.views.sign_up import sign_in, values
from cannonworks.errors import Refused


@holder_only
@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """Who works in the account, who was invited, and for the main user a form to invite a colleague."""
    form, at = InviteForm(request.POST or None), timezone.now()
    if form.is_valid() and (answer := _invited(request, form)) is not None:
        return answer
    mine = Invitation.objects.visible_to(request.user) if request.user.is_main else ()
    context = {
        "form": form,
        "users": User.objects.visible_to(request.user),
        "invitations": [(row, row.counts(at)) for row in mine],
    }
    return render(request, "accounts/users.html", context)


def _invited(request: HttpRequest, form: InviteForm) -> HttpResponse | None:
    email = form.cleaned_data["email"]
    try:
        check_pace(request, account=request.user.account, email=email)
        inviting.invite(request.user.account, email=email, actor=request.user, at=timezone.now())
    except Refused as refused:
        form.add_error("email" if refused.code in ("colleague", "invited") else None, refused.message)
        return None
    messages.success(request, _("Your colleague gets a mail with a link, which works for seven days."))
    return redirect("users")


@main_user_only
@require_POST
def send_invitation(request: HttpRequest, reference: UUID) -> HttpResponse:
    row = get_object_or_404(Invitation.objects.visible_to(request.user), reference=reference)
    try:
        check_pace(request, account=request.user.account, email=row.email)
        inviting.send_again(row, actor=request.user, at=timezone.now())
        messages.success(request, _("The invitation is sent again. The link of before does not work any more."))
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("users")


@main_user_only
@require_POST
def withdraw_invitation(request: HttpRequest, reference: UUID) -> HttpResponse:
    row = get_object_or_404(Invitation.objects.visible_to(request.user), reference=reference)
    inviting.withdraw(row, actor=request.user)
    messages.success(request, _("The invitation is withdrawn; its link does not work any more."))
    return redirect("users")


@main_user_only
@require_http_methods(["GET", "POST"])
def remove_user(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Ask, then erase a colleague's access and everything of it."""
    user = get_object_or_404(User.objects.visible_to(request.user), reference=reference, is_main=False)
    if request.method == "POST":
        services.remove_user(user, actor=request.user)
        messages.success(request, _("%(name)s cannot sign in any more.") % {"name": user.full_name})
        return redirect("users")
    return render(request, "accounts/user_remove.html", {"colleague": user})


@main_user_only
@require_http_methods(["GET", "POST"])
@fresh
def hand_over(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Ask, then make a colleague the main user."""
    user = get_object_or_404(User.objects.visible_to(request.user), reference=reference, is_main=False)
    if request.method == "POST":
        services.hand_over(request.user.account, to=user, actor=request.user)
        messages.success(request, _("%(name)s is the main user now.") % {"name": user.full_name})
        return redirect("users")
    return render(request, "accounts/hand_over.html", {"colleague": user})


@holder_only
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Ask, then erase one's own user; the main user is told to hand over first."""
    if request.method == "POST":
        services.leave(request.user)
        request.session.flush()
        messages.success(request, _("You have left the account, and your user is erased."))
        return redirect("account_login")
    return render(request, "accounts/leave.html")


@login_not_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation by the link in its mail; opening it changes nothing."""
    if request.user.is_authenticated:
        return render(request, "accounts/signed_in_already.html")
    if (asked := inviting.find(token, at=timezone.now())) is None:
        return render(request, "accounts/invitation_over.html")
    try:
        inviting.check_open(asked.invitation.account)
        return _joined(request, token, asked)
    except Refused as refused:
        return render(request, "accounts/invitation_over.html", {"refused": refused})


def _joined(request: HttpRequest, token: str, asked: inviting.Asked) -> HttpResponse:
    form = JoinForm(request.POST or None, instance=User(email=asked.invitation.email))
    if not form.is_valid():
        if form.is_bound:
            form.ask_again()
        return render(request, "accounts/join.html", {"form": form, "asked": asked})
    person = values(form) | {"language": translation.get_language()}
    user = inviting.accept(token, person=person, at=timezone.now())
    welcome = _("Welcome. You work in the account of %(company)s now.") % {"company": asked.company}
    return sign_in(request, User.objects.with_password().get(pk=user.pk), welcome=welcome)
