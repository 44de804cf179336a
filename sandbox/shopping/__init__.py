"""What shoppers do: click tagged links, buy, send back. Facts only, nothing derived."""
