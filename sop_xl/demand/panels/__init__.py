"""From frames, whatever their cells and dates, to blocks of series and back."""
