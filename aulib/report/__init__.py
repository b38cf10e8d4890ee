"""Records and published numbers to tables and figures.  Never trains; never imports torch unless it draws a model."""
