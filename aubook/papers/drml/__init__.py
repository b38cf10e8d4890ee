"""DRML (Zhao, Chu, Zhang, CVPR 2016): its runs, tables, figures and claims."""
