from django.urls import path

from relations import views
from relations.kinds import EMPLOYEES, RELATIONS

urlpatterns = [
    route
    for kind in (RELATIONS, EMPLOYEES)
    for route in (
        path(f"{kind.name}s/", views.people, {"kind": kind}, name=f"{kind.name}s"),
        path(f"{kind.name}s/add/", views.add, {"kind": kind}, name=f"{kind.name}-add"),
        path(f"{kind.name}s/<uuid:reference>/", views.person, {"kind": kind}, name=kind.name),
        path(f"{kind.name}s/<uuid:reference>/change/", views.change, {"kind": kind}, name=f"{kind.name}-change"),
        path(f"{kind.name}s/<uuid:reference>/erase/", views.erase, {"kind": kind}, name=f"{kind.name}-erase"),
        path(f"{kind.name}s/<uuid:reference>/restrict/", views.restrict, {"kind": kind}, name=f"{kind.name}-restrict"),
    )
] + [path("employees/<uuid:reference>/bsn/", views.bsn, name="employee-bsn")]
