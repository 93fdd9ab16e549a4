"""Why a plan is as it is: causes of shortages, prices of limits, remedies, what serving a customer costs."""
