"""Hybrid (Chu, De la Torre, Cohn, IVC 2019): its runs, tables, figures and claims."""
