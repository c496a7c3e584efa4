"""A Django app: handlers of installed apps, proxy views, management commands.

Put ``"centrifugo_rpc.django"`` into ``INSTALLED_APPS``.
"""
