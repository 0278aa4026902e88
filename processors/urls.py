from django.urls import path

from processors import views

urlpatterns = [path("helpers/", views.accounts, name="helpers")]
