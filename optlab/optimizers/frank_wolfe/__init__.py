"""The Frank–Wolfe family."""
