"""Tables, figures and claims of the Hybrid paper (Chu, De la Torre and Cohn, IVC 2019), from records."""
