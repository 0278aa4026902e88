from django.urls import path

from retention import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("my-data/", views.my_data_page, name="my-data"),
    path("my-data/record/", views.my_record, name="my-record"),
    path("my-data/record/record.pdf", views.my_record_pdf, name="my-record-pdf"),
    path("my-data/record/record.json", views.my_record_json, name="my-record-json"),
    path("what-we-do/", views.what_we_do, name="what-we-do"),
    path("verify/", views.verify, name="verify"),
    path("verify/statement-key.pem", views.statement_key, name="statement-key"),
]
