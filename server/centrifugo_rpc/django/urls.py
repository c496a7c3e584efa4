"""URLs for ``include("centrifugo_rpc.django.urls")``, under ``centrifugo/``."""

from django.urls import path

from . import views

app_name = "centrifugo_rpc"
urlpatterns = [
    path("publish", views.publish, name="publish"),
    path("rpc", views.rpc, name="rpc"),
    path("token", views.token, name="token"),
]
