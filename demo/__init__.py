"""The demo: the whole main job played on running servers, and checked to the cent.

It stands outside the house: it speaks GraphQL with the API and HTTP with the sandbox, follows links
as shoppers do, and imports nothing of the product.

- `cast`       who is in it: stores, affiliates, their links and habits
- `shoppers`   what the shoppers do on which day, drawn from a seed
- `api`, `box` the two sides that are spoken to: the product's GraphQL and Amazon in a box
- `people`, `letters`   browsers that are signed in, and the folder where letters are found
- `office`, `opening`, `market`, `shelf`   the first act: sign in, connect, meet, make links
- `days`, `verdicts`   the other two: let days pass, decide
- `ledger`     everything that the product says in the end
- `expected`   what it should have said, from the world's books alone
- `rooms`      an affiliate's own room, which must say the same
- `account`    what is printed
"""
