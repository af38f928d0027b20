"""The parts of the page Products: the assortment, returns, payments, sellers, service."""
