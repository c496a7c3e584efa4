"""The hand-written part of generated packages: models.py, and parts of rpc_client.py.

The generator joins the parts into one file; here they are modules, to be tested.
"""
