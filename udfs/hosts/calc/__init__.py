"""LibreOffice Calc: an extension (.oxt) with the functions, a menu and a toolbar with the commands.

Inside LibreOffice runs `extension/`, with nothing but the standard library and UNO; the maths runs in a worker
(`udfs.hosts.worker`) with the project's own Python.
"""
