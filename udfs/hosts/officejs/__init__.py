"""Office.js: the functions and commands in Excel on Windows, the Mac and the web, served over HTTPS.

`settings` says how it is served, `app` answers, `safety` refuses, `desk` and `jobs` hand work to processes of their
own (`workers`, `tasks`); `metadata`, `manifest`, `icons` and `page` generate what Excel asks of an add-in from the
registry, and `certificate` makes the certificate of one's own machine.
"""
