"""Who and what is in the world: people, sellers, brands, products, profiles."""
