// The job the way it is done today: document client, parallel scan, the same change, one conditional put an item,
// 25 in flight. Prints the same line as bench/variant.py.
import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";

const SEGMENTS = 4;
const IN_FLIGHT = 25;
const [url, warm, source, destination] = process.argv.slice(2);
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: url, region: "us-east-1" }));

function migrate({ amount, ...item }) {
  const [first, ...others] = item.parties;
  return {
    ...item,
    amountCents: Math.round(amount * 100),
    title: item.title.toUpperCase(),
    parties: [{ ...first, share: 0.5 }, ...others],
  };
}

async function put(Item) {
  try {
    await client.send(
      new PutCommand({ TableName: destination, Item, ConditionExpression: "attribute_not_exists(pk)" }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
  }
}

async function segment(from, Segment) {
  let count = 0;
  let ExclusiveStartKey;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: from, ConsistentRead: true, Segment, TotalSegments: SEGMENTS, ExclusiveStartKey }),
    );
    const items = page.Items[Symbol.iterator]();
    const worker = async () => {
      for (const item of items) await put(migrate(item));
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    count += page.Items.length;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return count;
}

async function copy(from) {
  let count = 0;
  for (let index = 0; index < SEGMENTS; index += 1) count += await segment(from, index);
  return count;
}

await copy(warm);
const begun = process.cpuUsage();
const started = process.hrtime.bigint();
const items = await copy(source);
const wall_s = Number(process.hrtime.bigint() - started) / 1e9;
const { user, system } = process.cpuUsage(begun);
const peak = readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s+(\d+)/);
console.log(JSON.stringify({ items, cpu_s: (user + system) / 1e6, wall_s, peak_rss_kb: peak ? Number(peak[1]) : null }));
