// Reads a JSON list of {secret, headers, body} and prints which of them verify.
const { Webhook } = require(process.argv[2]);

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => {
  const verdicts = JSON.parse(text).map(({ secret, headers, body }) => {
    try {
      new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf-8"), headers);
      return true;
    } catch {
      return false;
    }
  });
  console.log(JSON.stringify(verdicts));
});
