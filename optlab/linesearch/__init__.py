"""Line searches, one file per rule."""
