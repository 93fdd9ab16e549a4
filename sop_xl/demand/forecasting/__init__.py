"""How a forecast is made: members, combination, seasons, intermittent demand, what a portfolio teaches."""
