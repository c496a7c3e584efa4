"""One table."""

from django.db import models


class Thing(models.Model):
    """A row."""

    name: "models.CharField[str, str]" = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name
