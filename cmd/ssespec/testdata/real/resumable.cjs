// A feed that all sessions share and that is resumed after the last event that a client has, made with better-sse.
// Arguments: a certificate, its key, and how many events are kept for those who come back.
const { readFileSync } = require("node:fs");
const http = require("node:http");
const http2 = require("node:http2");
const { createChannel, createSession } = require("better-sse");

const [cert, key, kept] = process.argv.slice(2);
const channel = createChannel();
const history = [];
let n = 0;

setInterval(() => {
  n++;
  history.push(n);
  if (history.length > Number(kept)) history.shift();
  channel.broadcast({ n }, "message", { eventId: String(n) });
}, 20);

async function feed(req, res) {
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const session = await createSession(req, res);
  if (req.method === "HEAD") {
    res.end();
    return;
  }
  const last = session.lastId;
  if (last !== "") {
    for (const missed of history.filter((m) => m > Number(last))) session.push({ n: missed }, "message", String(missed));
  }
  channel.register(session); // in the same turn of the event loop: nothing is published in between
}

const plain = http.createServer(feed);
const secure = http2.createSecureServer({ cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: true }, feed);
plain.listen(0, "127.0.0.1", () =>
  secure.listen(0, "127.0.0.1", () =>
    console.log(`http://127.0.0.1:${plain.address().port}/ https://127.0.0.1:${secure.address().port}/`)));
