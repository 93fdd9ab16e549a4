"""What a spreadsheet calls: functions, commands and their hosts."""
