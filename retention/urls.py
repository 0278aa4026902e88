from django.urls import path

from retention import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("my-data/", views.my_data_page, name="my-data"),
]
