"""Inventory: safety stock, ordering policies, targets, projection and excess; numbers in, numbers out."""
