from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("language/", views.switch_language, name="language"),
    path("account/activate/", views.activate, name="activate"),
    path("account/cancel/", views.cancel, name="cancel"),
    path("account/reactivate/", views.reactivate, name="reactivate"),
    path("my-data/looks/", views.looks, name="looks"),
]
