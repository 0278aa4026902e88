from allauth.account import views as allauth
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from accounts import security
from accounts.security import as_visitor
from accounts.views import (
    company,
    cookies,
    devices,
    language,
    life,
    looks,
    newsletter,
    notices,
    sign_up,
    terms,
    usage,
    users,
)

#: The names are those by which allauth looks for its pages.
SIGN_IN = [
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-in/code/", factors.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/closed/", allauth.account_inactive, name="account_inactive"),
    path("sign-in/confirm/", allauth.email_verification_sent, name="account_email_verification_sent"),
    path("sign-out/", require_POST(allauth.logout), name="account_logout"),
    path("password/forgotten/", allauth.password_reset, name="account_reset_password"),
    path("password/forgotten/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    path("password/new/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        as_visitor(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    re_path(r"^email/(?P<key>[-:\w]+)/$", as_visitor(security.ConfirmAddress.as_view()), name="account_confirm_email"),
]
SECURITY = [
    path("security/", security.security, name="mfa_index"),
    path("security/email/", as_visitor(allauth.email), name="account_email"),
    path("security/password/", allauth.password_change, name="account_change_password"),
    path("security/password/first/", allauth.password_set, name="account_set_password"),
    path("security/prove/", allauth.reauthenticate, name="account_reauthenticate"),
    path("security/prove/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("security/prove/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("security/app/", security.AddApp.as_view(), name="mfa_activate_totp"),
    path("security/app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("security/passkeys/add/", security.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/remove/", security.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("security/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("security/codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("security/browsers/end/", security.end_other_sessions, name="end-other-sessions"),
    path("security/browsers/<slug:handle>/end/", security.end_session, name="end-session"),
]
JOIN = [
    path("sign-up/", sign_up.ask, name="sign-up"),
    path("sign-up/<str:key>/", sign_up.finish, name="sign-up-finish"),
    path("invitation/<str:token>/", users.join, name="invitation"),
]
USERS = [
    path("account/company/", company.company, name="company"),
    path("account/you/", company.you, name="you"),
    path("account/users/", users.users, name="users"),
    path("account/users/leave/", users.leave, name="user-leave"),
    path("account/users/<uuid:reference>/remove/", users.remove_user, name="user-remove"),
    path("account/users/<uuid:reference>/hand-over/", users.hand_over, name="user-hand-over"),
    path("account/invitations/<uuid:reference>/send/", users.send_invitation, name="invitation-send"),
    path("account/invitations/<uuid:reference>/withdraw/", users.withdraw_invitation, name="invitation-withdraw"),
]
urlpatterns = [
    *SIGN_IN,
    *SECURITY,
    *JOIN,
    *USERS,
    path("language/", language.switch_language, name="language"),
    path("account/", life.account, name="account"),
    path("account/cancel/", life.cancel, name="cancel"),
    path("devices/", devices.devices, name="devices"),
    path("devices/revoke/", devices.revoke_devices, name="devices-revoke"),
    path("devices/<uuid:reference>/revoke/", devices.revoke_device, name="device-revoke"),
    path("my-data/looks/", looks.looks, name="looks"),
    path("newsletter/", newsletter.newsletter, name="newsletter"),
    path("newsletter/confirm/<str:token>/", newsletter.confirm, name="newsletter-confirm"),
    path("newsletter/stop/<str:token>/", newsletter.stop, name="newsletter-stop"),
    path("notices/<uuid:reference>/dismiss/", notices.dismiss, name="notice-dismiss"),
    path("my-data/usage/", usage.usage, name="usage"),
    path("cookies/", cookies.cookies, name="cookies"),
    path("terms/", terms.terms, name="terms"),
    path("terms/changes/", terms.changes, name="terms-changes"),
    path("terms/<int:number>/", terms.version, name="terms-version"),
    path("terms/<int:one>-<int:other>/", terms.compared, name="terms-compared"),
]
