"""The pages of the pack: each module reads the facts of the plan and says which pages it has to show."""
