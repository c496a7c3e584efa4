"""Views: Centrifugo's three proxies, tokens for clients, pages for operations."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from centrifugo_rpc.errors import InternalError, PermissionDenied
from centrifugo_rpc.proxy import SECRET_HEADER, Answer, Proxy
from centrifugo_rpc.settings import SettingsError

from .conf import worker_settings
from .runtime import Runtime, runtime
from .tokens import connection_token, user_id

_JSON = "application/json"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"

View = TypeVar("View", bound=Callable[..., Any])


def _for_programs(view: View) -> View:
    """Exempt a view from what holds for people's requests, all over a project.

    Centrifugo and Prometheus do not log in. Under ``ATOMIC_REQUESTS`` Django refuses
    async views, and a page for operations must not depend on the database.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return login_not_required(view)


@_for_programs
@csrf_exempt
@require_POST
async def publish(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's publish proxy: accept a request, whose reply comes later."""

    async def accept(proxy: Proxy, body: bytes) -> Answer:
        return proxy.publish(body)

    return await _answer(request, accept)


@_for_programs
@csrf_exempt
@require_POST
async def rpc(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's RPC proxy with the reply."""
    return await _answer(request, Proxy.rpc)


@_for_programs
@csrf_exempt
@require_POST
async def subscribe(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's subscribe proxy: whether a user may subscribe to a channel."""
    door = runtime().door

    async def decide(_: Proxy, body: bytes) -> Answer:
        return await door.answer(body)

    return await _answer(request, decide)


@login_not_required  # who is not logged in gets 401
@never_cache
@require_safe
def subscription_token(request: HttpRequest) -> HttpResponseBase:
    """Give the user who is logged in a token for a channel: ``?channel=$orders:1``.

    Whom the subscribe proxy would refuse gets 403.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return JsonResponse({"error": "not logged in"}, status=401)
    try:
        name = user_id(user)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=403)
    channel, worker = request.GET.get("channel", ""), runtime()
    try:
        given = async_to_sync(worker.run)(lambda: worker.door.token(name, channel))
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error
    except PermissionDenied:
        return JsonResponse({"error": "permission denied"}, status=403)
    except InternalError:
        return JsonResponse({"error": "internal server error"}, status=503)
    return JsonResponse({"token": given, "channel": channel})


@login_not_required  # who is not logged in gets 401
@never_cache
@require_safe
def token(request: HttpRequest) -> HttpResponseBase:
    """Give the user who is logged in a token, and what a client needs beside it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return JsonResponse({"error": "not logged in"}, status=401)
    try:
        name = user_id(user)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=403)
    url = worker_settings().ws_url
    return JsonResponse({"token": connection_token(name), "user": name, "url": url})


@_for_programs
@require_safe
def metrics(_: HttpRequest) -> HttpResponseBase:
    """Show this process's counters to Prometheus; not in ``urls``, where all see it."""
    return HttpResponse(runtime().metrics.text(), _TEXT)


@_for_programs
@require_safe
def readyz(_: HttpRequest) -> HttpResponseBase:
    """Tell whether this process takes requests; not in ``urls``."""
    ready = not runtime().dispatcher.draining
    text = "ok" if ready else "shutting down"
    return JsonResponse({"status": text}, status=200 if ready else 503)


async def _answer(
    request: HttpRequest, ask: Callable[[Proxy, bytes], Coroutine[Any, Any, Answer]]
) -> HttpResponseBase:
    """Ask the worker, if it is Centrifugo who asks."""
    worker, body = runtime(), request.body
    proxy = _proxy(worker)
    if not proxy.knows(request.headers.get(SECRET_HEADER)):
        return HttpResponse(b"{}", _JSON, 401)
    return _response(await worker.run(lambda: ask(proxy, body)))


def _proxy(worker: Runtime) -> Proxy:
    try:
        return worker.proxy
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


def _response(answer: Answer) -> HttpResponseBase:
    return HttpResponse(answer.body, _JSON, answer.status)
