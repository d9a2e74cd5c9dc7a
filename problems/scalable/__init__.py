"""Problems of any size: sparse, or without a matrix at all."""
