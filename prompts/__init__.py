"""Words as data: prompts, notices, letters, and the loader that reads every data file of the house.

Knows nothing of customers, tools, models or HTTP.
"""
