"""What the town maps: one declaration a file. Dropping a file in here adds a layer; no list names them."""
