"""Forms of what is asked under the agreement: each noun has a module of its own."""
