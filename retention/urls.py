from django.urls import path

from retention import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("my-data/", views.my_data_page, name="my-data"),
    path("what-we-do/", views.what_we_do, name="what-we-do"),
    path("verify/", views.verify, name="verify"),
    path("verify/statement-key.pem", views.statement_key, name="statement-key"),
]
