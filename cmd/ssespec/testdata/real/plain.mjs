// A finite answer served by Node's http module alone.
import { createServer } from "node:http";

const words = ["Der", " See", " ist", " heute", " ruhig", "."];
const server = createServer((req, res) => {
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  if (req.headers["last-event-id"] === String(words.length)) {
    res.writeHead(204).end();
    return;
  }
  res.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache" });
  if (req.method === "HEAD") {
    res.end();
    return;
  }
  let n = 0;
  const timer = setInterval(() => {
    res.write(`id: ${n + 1}\ndata: ${JSON.stringify({ text: words[n] })}\n\n`);
    if (++n === words.length) {
      clearInterval(timer);
      res.end();
    }
  }, 50);
  req.on("close", () => clearInterval(timer));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
