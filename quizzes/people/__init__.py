"""The people around the questions: who they are, what each may do, what they are asked to read, and what was said.

Accounts, rotation plans, assignments, comments and logbooks, in the database of the attempts. A learner of an attempt
is a person's id. Plans and proposals are pure; only the stores touch the database, and none reads the clock.
"""
