"""The tables."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "user_id",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("status", models.CharField(max_length=20)),
                ("message", models.CharField(max_length=140, null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
    ]
