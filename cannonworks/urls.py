from django.contrib import admin
from django.urls import include, path

from cannonworks import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("security.md", views.security_policy, name="security-policy"),
    path("", include("retention.urls")),
    path("", include("accounts.urls")),
    path("", include("rights.urls")),
]
