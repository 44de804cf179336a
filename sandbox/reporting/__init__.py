"""How Amazon turns events into report rows: attribution, visibility, masking, paging."""
