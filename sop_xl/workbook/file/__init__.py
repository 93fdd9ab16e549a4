"""The .xlsx file: read by its table objects, written by patching only the parts that hold them."""
