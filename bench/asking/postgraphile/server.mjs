// PostGraphile 5 over the product's tables, as it comes: its Amber preset, on Node's own server.
//
// Connections are of the product's role for accounts, with row-level security, as many as its own
// pool has. An API key becomes an account by the statement with which the product itself asks, and
// PostGraphile sets app.account_id for each request, as its manual has it.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { pgSmartTags } from "postgraphile/utils";

const { DATABASE_URL, PORT } = process.env;

function pool(role, max) {
  const options = `-c role=${role} -c jit=off -c timezone=UTC`;
  return new pg.Pool({ connectionString: DATABASE_URL, options, max });
}

const system = pool("clickledger_system", 4);

async function accountOf(authorization) {
  const [scheme, key] = (authorization ?? "").split(" ");
  if (scheme !== "Bearer") throw new Error("no key");
  const found = await system.query({
    name: "key_holder",
    text: `SELECT account_id FROM api_key
            WHERE key_hash = $1 AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > now())`,
    values: [createHash("sha256").update(key).digest()],
  });
  if (found.rowCount !== 1) throw new Error("unknown key");
  return found.rows[0].account_id;
}

// Conversions carry no foreign keys to these, so PostGraphile is told of them.
const edges = pgSmartTags([
  {
    kind: "class",
    match: "conversion",
    tags: {
      foreignKey: [
        "(affiliate_id) references affiliate (id)|@fieldName affiliate",
        "(account_id, store_id) references store (account_id, id)|@fieldName store",
        "(account_id, offer_version_id) references offer_version (account_id, id)|@fieldName terms",
      ],
    },
  },
]);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [edges],
  pgServices: [makePgService({ pool: pool("clickledger_app", 8), schemas: ["public"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: async ({ node }) => ({
      pgSettings: { "app.account_id": await accountOf(node?.req.headers.authorization) },
    }),
  },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
if (process.argv[2] === "--schema") {
  const { printSchema } = await import("postgraphile/graphql");
  console.log(printSchema(await instance.getSchema()));
  process.exit();
}
server.listen(Number(PORT), "127.0.0.1");
