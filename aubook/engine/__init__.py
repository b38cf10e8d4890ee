"""The engine: what turns records into tables, figures and verdicts, once for all papers."""
