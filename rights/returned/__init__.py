"""What a return of data consists of (§6): ``contents`` says which tables and columns, from the data map; ``lines`` has
the database write them; ``covers`` makes the manifest and the page to read. ``rights.making`` runs all of it.
"""
