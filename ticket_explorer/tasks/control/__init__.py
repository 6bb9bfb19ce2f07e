"""Control tasks: a policy acts in an environment; fitness is the mean return of its episodes."""
