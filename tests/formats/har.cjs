// Validates a HAR file against the published schema, and that a broken one is refused.
const { readFileSync } = require("fs");
const { har } = require("har-validator");
const archive = JSON.parse(readFileSync(process.argv[2], "utf8"));
(async () => {
  await har(archive).catch((error) => {
    console.error("HAR:", JSON.stringify(error.errors ?? String(error)));
    process.exit(1);
  });
  delete archive.log.entries[0].request.method;
  const taken = await har(archive).then(() => true, () => false);
  if (taken) {
    console.error("the HAR validator takes everything");
    process.exit(1);
  }
  console.log("ok HAR: the schema is met");
})();
