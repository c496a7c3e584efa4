"""What is stored."""

from django.db import models


class Presence(models.Model):
    """What others see of a user."""

    user_id = models.CharField(max_length=64, primary_key=True)
    status = models.CharField(max_length=20)
    message = models.CharField(max_length=140, null=True)  # noqa: DJ001 -- as in the API
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        """Name the user."""
        return f"{self.user_id}: {self.status}"
