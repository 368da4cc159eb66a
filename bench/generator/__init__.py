"""A synthetic corporate-lending portfolio that fills the whole input contract. Everything in it is invented."""
