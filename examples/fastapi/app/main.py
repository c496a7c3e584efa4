"""The application: ``uvicorn app.main:app``."""

from pathlib import Path

from centrifugo_rpc import publish_event
from centrifugo_rpc.fastapi import CentrifugoRPC
from fastapi import FastAPI, HTTPException
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from . import handlers  # noqa: F401 -- registers the methods
from .auth import LoggedIn, logged_in
from .models import User, UserChanged
from .settings import read_settings
from .users import UsersDep

PAGES = Path(__file__).parent.parent / "web" / "dist"


def operation_id(route: APIRoute) -> str:
    """Call the functions of REST clients like the ones here."""
    return route.name


app = FastAPI(
    title="Accounts", version="1.0.0", generate_unique_id_function=operation_id
)
rpc = CentrifugoRPC(app, user=logged_in, settings=read_settings)
app.include_router(rpc.router)


@app.get("/users/me")
async def get_user(user_id: LoggedIn, users: UsersDep) -> User:
    """Return one's own account."""
    user = users.find(user_id)
    if user is None:
        raise HTTPException(404, "this account was deleted")
    return user


@app.delete("/users/me/email")
async def delete_email(user_id: LoggedIn, users: UsersDep) -> User:
    """Forget one's e-mail address, and tell all windows of the user."""
    user = (await get_user(user_id, users)).model_copy(update={"email": None})
    users.save(user)
    await publish_event(UserChanged(user=user), user_id=user_id)
    return user


if PAGES.exists():  # what `make api` and `npm run build` make of web/
    app.mount("/", StaticFiles(directory=PAGES, html=True))
