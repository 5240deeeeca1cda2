// One approval step in Restate: a handler that waits for an awakeable and then runs one step.
// Usage: restate_steps.mjs INGRESS ADMIN PORT STEPS OUTSTANDING...; prints one JSON object. A step is timed from the request
// to its step running; the awakeable is resolved over HTTP, with the answer waited for, as soon as the handler says that it waits.
import { createRequire } from "node:module";
import http2 from "node:http2";
import { performance } from "node:perf_hooks";
import { join } from "node:path";

const restate = createRequire(join(process.cwd(), "package.json"))("@restatedev/restate-sdk");
const [ingress, admin, port, count, ...outstanding] = process.argv.slice(2);
const waiting = new Map();
const granted = new Map();

const approval = restate.service({
  name: "approval",
  handlers: {
    ask: async (ctx, name) => {
      const { id, promise } = ctx.awakeable();
      waiting.get(name)?.(id);
      if ((await promise) !== "approve") throw new Error("nobody decided");
      await ctx.run("grant", () => granted.get(name)?.(performance.now()));
    },
  },
});
const server = http2.createServer(restate.createEndpointHandler({ services: [approval] }));
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));

async function post(url, body) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
}
await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}` });

async function step(name) {
  const waits = new Promise((tell) => waiting.set(name, tell));
  const grant = new Promise((tell) => granted.set(name, tell));
  const begun = performance.now();
  const sent = post(`${ingress}/approval/ask/send`, name);
  const id = await waits;
  const asked = performance.now();
  const decided = post(`${ingress}/restate/awakeables/${id}/resolve`, "approve");
  const at = await grant;
  await Promise.all([sent, decided]);
  waiting.delete(name);
  granted.delete(name);
  return [at - begun, at - asked];
}

const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(name, steps, width) {
  const took = [];
  let next = 0;
  const loop = async () => {
    while (next < steps) took.push(await step(`${name}-${next++}`));
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: width }, loop));
  const seconds = (performance.now() - begun) / 1e3;
  return {
    steps: took.length,
    per_s: took.length / seconds,
    request_to_granted_p50_ms: middle(took.map((t) => t[0])),
    decision_to_granted_p50_ms: middle(took.map((t) => t[1])),
  };
}

await measure("warm", 50, 1);
const figures = {};
for (const width of outstanding.map(Number)) {
  figures[`outstanding_${width}`] = await measure(`w${width}`, Math.max(Number(count), width), width);
}
console.log(JSON.stringify(figures));
process.exit(0);
