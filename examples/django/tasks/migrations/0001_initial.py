"""The tables."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.SlugField()),
                ("title", models.CharField(max_length=200)),
                ("priority", models.IntegerField()),
                ("tags", models.JSONField(default=list)),
                ("assignee", models.JSONField(null=True)),
                (
                    "estimate",
                    models.DecimalField(decimal_places=2, max_digits=6, null=True),
                ),
                ("due", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("views", models.IntegerField(default=0)),
            ],
        ),
    ]
