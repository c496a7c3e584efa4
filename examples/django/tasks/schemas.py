"""What travels: params, results, errors and events."""

from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Literal
from uuid import UUID

from centrifugo_rpc import RPCError, centrifugo_channel
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from .permissions import may_audit

ProjectId = Annotated[str, Field(pattern="^[a-z0-9-]{1,50}$")]
Tag = Annotated[str, Field(min_length=1, max_length=30)]


class Priority(IntEnum):
    """How urgent a task is."""

    LOW = 1
    NORMAL = 2
    HIGH = 3


class Person(BaseModel):
    """Somebody who works alone."""

    kind: Literal["person"] = "person"
    user_id: str


class Team(BaseModel):
    """Several people."""

    kind: Literal["team"] = "team"
    name: str
    members: list[Person] = []


Assignee = TypeAliasType(
    "Assignee", Annotated[Person | Team, Field(discriminator="kind")]
)


class NewTask(BaseModel):
    """A task to add."""

    id: UUID | None = Field(
        default=None, description="Chosen by the client, so that a retry adds nothing."
    )
    project_id: ProjectId
    title: str = Field(min_length=1, max_length=200)
    priority: Priority = Priority.NORMAL
    tags: list[Tag] = Field(default=[], max_length=10)
    assignee: Assignee | None = None
    estimate: Decimal | None = Field(
        default=None, ge=0, max_digits=6, decimal_places=2, description="Hours of work."
    )
    due: AwareDatetime | None = None


class TaskView(BaseModel):
    """A task as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    project_id: str
    title: str
    priority: Priority
    tags: list[str]
    assignee: Assignee | None = Field(description="Null while nobody has it.")
    estimate: Decimal | None
    due: AwareDatetime | None
    done_at: AwareDatetime | None = Field(description="Null while it is open.")
    views: int


class ByTag(BaseModel):
    """Tasks with a tag."""

    kind: Literal["tag"] = "tag"
    tag: Tag


class ByDue(BaseModel):
    """Tasks that are due in a period of time."""

    kind: Literal["due"] = "due"
    between: tuple[AwareDatetime, AwareDatetime]


class TaskSearch(BaseModel):
    """Which tasks to find."""

    project_id: ProjectId
    filter: Annotated[ByTag | ByDue, Field(discriminator="kind")] | None = None
    include_done: bool = False
    limit: int = Field(default=100, ge=1, le=1000)


class ProjectRef(BaseModel):
    """Names a project."""

    project_id: ProjectId


class TaskRef(BaseModel):
    """Names a task."""

    task_id: UUID


class FinishTask(TaskRef):
    """Names a task, and when it was done."""

    at: AwareDatetime | None = Field(
        default=None, description="Now, if it is left out."
    )


class TaskStats(BaseModel):
    """What there is to do in a project."""

    open: int
    done: int
    hours: Decimal = Field(description="Estimated work of the open tasks.")
    by_tag: dict[str, int] = Field(description="Open tasks with each tag.")


# All users of this example see all tasks, so they may watch every project.
@centrifugo_channel("tasks:{project_id}", name="task.updated", access="public")
class TaskUpdated(BaseModel):
    """A task of the project was added or finished."""

    task: TaskView
    by: str = Field(description="The user who did it.")


@centrifugo_channel("own:#{user_id}", name="task.finished")
class TaskFinished(BaseModel):
    """The user has finished a task, in this or another window."""

    task: TaskView


@centrifugo_channel("audit:{project_id}", name="project.cleared", permission=may_audit)
class ProjectCleared(BaseModel):
    """Somebody has deleted all tasks of the project."""

    by: str = Field(description="The user who did it.")
    tasks: int


class TaskNotFoundData(BaseModel):
    """Names the task that is not there."""

    task_id: UUID


class TaskNotFound(RPCError):
    """There is no such task."""

    code = 404
    message = "no such task"
    data: TaskNotFoundData
