"""Linear programmes as blocks of arrays: declared once, solved by HiGHS as a whole or read through PuLP."""
