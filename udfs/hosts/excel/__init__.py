"""Excel on the desktop: an add-in built from text, functions over COM, buttons through RunPython.

`build` makes `sop_xl.xlam` from the modules in `vba/`, the wrappers and the ribbon generated from the registry, and
the BSD files of the installed xlwings. `install` puts it where Excel loads it; `doctor` says what is wrong and what to
do. Inside Excel, `functions` answers cells and `commands` runs buttons.
"""
