"""The catalogue of problems, one file per problem or family.

The folder is installed as the package `optlab_problems`; inside it, absolute imports say so.
"""
