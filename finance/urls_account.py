from django.urls import path

from finance.views import life, subscription

urlpatterns = [
    path("account/activate/", life.activate, name="activate"),
    path("account/reactivate/", life.reactivate, name="reactivate"),
    path("account/invoices/", subscription.invoices, name="subscription"),
    path("account/invoices/<uuid:reference>/invoice.pdf", subscription.invoice, name="subscription-pdf"),
]
