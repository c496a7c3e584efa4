"""Views: Centrifugo's three proxies, tokens for clients, pages for operations."""

import asyncio
import functools
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

from centrifugo_rpc import endpoints
from centrifugo_rpc.endpoints import RefusedError
from centrifugo_rpc.metrics import CONTENT_TYPE
from centrifugo_rpc.proxy import SECRET_HEADER, Answer, Proxy
from centrifugo_rpc.settings import SettingsError

from .conf import worker_settings
from .runtime import Runtime, runtime
from .tokens import connection_token

_JSON = "application/json"

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

    async def call(proxy: Proxy, body: bytes) -> Answer:
        left = asyncio.Event()
        try:
            return await proxy.rpc(body, left.wait)
        except asyncio.CancelledError:
            # Under ASGI Django cancels a view when nobody takes its response.
            left.set()
            raise

    return await _answer(request, call)


@_for_programs
@csrf_exempt
@require_POST
async def subscribe(request: HttpRequest) -> HttpResponseBase:
    """Answer Centrifugo's subscribe proxy: whether a user may subscribe to a channel."""
    door = runtime().door

    async def decide(_: Proxy, body: bytes) -> Answer:
        return await door.answer(body)

    return await _answer(request, decide)


def _token_view(
    give: Callable[[HttpRequest, str], dict[str, str]],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give the user who is logged in a token, or say why there is none."""

    @login_not_required  # who is not logged in gets 401
    @never_cache
    @require_safe
    @functools.wraps(give)
    def view(request: HttpRequest) -> HttpResponseBase:
        try:
            return JsonResponse(give(request, _user_of(request)))
        except RefusedError as refused:
            return JsonResponse({"error": str(refused)}, status=refused.status)

    return view


@_token_view
def subscription_token(request: HttpRequest, user: str) -> dict[str, str]:
    """Give the user who is logged in a token for a channel: ``?channel=$orders:1``.

    Whom the subscribe proxy would refuse gets 403.
    """
    channel, worker = request.GET.get("channel", ""), runtime()
    try:
        return async_to_sync(worker.run)(
            lambda: endpoints.subscription(worker.door, user, channel)
        )
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


@_token_view
def token(_: HttpRequest, user: str) -> dict[str, str]:
    """Give the user who is logged in a token, and what a client needs beside it."""
    return endpoints.connection(worker_settings(), user, connection_token(user))


@_for_programs
@require_safe
def metrics(_: HttpRequest) -> HttpResponseBase:
    """Show this process's counters to Prometheus; not in ``urls``, where all see it."""
    return HttpResponse(runtime().metrics.text(), CONTENT_TYPE)


@_for_programs
@require_safe
async def readyz(_: HttpRequest) -> HttpResponseBase:
    """Tell whether this process can answer requests; not in ``urls``."""
    problem = await runtime().problem()
    return JsonResponse({"status": problem or "ok"}, status=503 if problem else 200)


def _user_of(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        raise RefusedError(401, "not logged in")
    return endpoints.checked_id(str(user.pk or ""))


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
