from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.security import admin_door

urlpatterns = [
    path("admin/login/", admin_door),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("", include("retention.urls")),
    path("", include("accounts.urls")),
    path("", include("rights.urls")),
]
