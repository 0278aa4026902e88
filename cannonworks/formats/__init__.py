"""How dates are written, for Django: in English as the product writes them everywhere, the day first."""
