"""How QuotaLab meets other tools: Mesa, EMA Workbench, SALib, pyam and xarray.

Each door is one module that imports its tool when it is used; what goes through it gives the numbers of our own runner.
"""
