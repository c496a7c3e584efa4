"""What is stored."""

import uuid

from django.db import models


class Task(models.Model):
    """Something to do in a project."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project_id = models.SlugField()
    title = models.CharField(max_length=200)
    priority = models.IntegerField()
    tags = models.JSONField(default=list)
    assignee = models.JSONField(null=True)
    estimate = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    due = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    views = models.IntegerField(default=0)

    def __str__(self) -> str:
        """Return the title."""
        return self.title
