"""Pictures of the textbook: functions that show one thing each."""
