"""Bringing in relations and employees from a file, and taking them along in one: text separated as Excel writes it.

``columns`` knows the headings and the words, ``reading`` the text of a file, ``checking`` what a row says, ``known``
who is there already; ``relations.imports`` and ``relations.exporting`` are the services.
"""
