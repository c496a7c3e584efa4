"""Who calls: over HTTP by a bearer token, over Centrifugo by what it says."""

from typing import Annotated

from centrifugo_rpc.fastapi import CurrentConn
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .models import User
from .users import UsersDep

# Log-ins are not what this example is about: these tokens are for development only.
TOKENS = {"token-of-ada": "456", "token-of-bob": "789"}


def logged_in(
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> str:
    """Return the id of the user who sends a request."""
    if bearer.credentials not in TOKENS:
        raise HTTPException(401, "unknown token")
    return TOKENS[bearer.credentials]


def calling(conn: CurrentConn, users: UsersDep) -> User:
    """Return the user who calls over Centrifugo."""
    user = users.find(conn.user)
    if user is None:
        raise HTTPException(404, "this account was deleted")
    return user


LoggedIn = Annotated[str, Depends(logged_in)]
Caller = Annotated[User, Depends(calling)]
