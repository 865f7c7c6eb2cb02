"""Files from strangers are read in a process of their own, which has limits and gives back plain tables only."""
