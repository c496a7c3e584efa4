"""The REST half of the API: the same models, over HTTP."""

from ninja import NinjaAPI
from tasks.models import Task
from tasks.schemas import ProjectId, TaskView

api = NinjaAPI(title="Example API", version="1.0.0")


@api.get(
    "/projects/{project_id}/tasks",
    operation_id="list_tasks",
    response=list[TaskView],
)
def list_tasks(request: object, project_id: ProjectId) -> list[TaskView]:
    """List the open tasks of a project."""
    del request
    tasks = Task.objects.filter(project_id=project_id, done_at=None)
    return [TaskView.model_validate(task) for task in tasks.order_by("title")]
