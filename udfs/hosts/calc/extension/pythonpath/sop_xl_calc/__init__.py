"""What runs inside LibreOffice: the standard library and UNO only, from Python 3.8 on."""
