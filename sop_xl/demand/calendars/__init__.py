"""Working days, moving feasts and fiscal calendars."""
