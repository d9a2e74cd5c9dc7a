"""The contracts and the one loop; see ARCHITECTURE.md."""
