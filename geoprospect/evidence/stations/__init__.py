"""Values measured at stations, geochemistry or gravity for instance, gridded onto cells."""
