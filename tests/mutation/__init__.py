"""Mutation testing: is every small change of the judge noticed by its tests?"""
