"""What travels, over HTTP and over Centrifugo alike."""

from centrifugo_rpc import RPCError, centrifugo_channel
from pydantic import AwareDatetime, BaseModel, Field


class User(BaseModel):
    """Somebody with an account."""

    id: str
    name: str
    email: str | None = Field(description="Null for those who gave none.")
    joined_at: AwareDatetime


class NewName(BaseModel):
    """How a user wants to be called."""

    name: str = Field(min_length=1, max_length=50)


@centrifugo_channel("own:#{user_id}", name="user.changed")
class UserChanged(BaseModel):
    """The account was changed, in this or another window."""

    user: User


class NameTakenData(BaseModel):
    """Says which name it is."""

    name: str


class NameTaken(RPCError):
    """Somebody else is called so."""

    code = 409
    message = "this name is taken"
    data: NameTakenData


class ExportProgress(BaseModel):
    """How far the export of one's orders has come."""

    done: int = Field(description="Orders that are in the file.")
    total: int
    csv: str | None = Field(description="The file; null until it is complete.")
