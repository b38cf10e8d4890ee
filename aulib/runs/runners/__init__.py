"""What makes a record, one file a kind of method."""
