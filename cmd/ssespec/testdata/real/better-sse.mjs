// A feed served by the better-sse package, as its documentation shows it.
import { createServer } from "node:http";
import { createSession } from "better-sse";

const server = createServer(async (req, res) => {
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const session = await createSession(req, res);
  if (req.method === "HEAD") {
    res.end();
    return;
  }
  let n = 0;
  const timer = setInterval(() => session.push({ n: ++n }, "tick", String(n)), 100);
  session.on("disconnected", () => clearInterval(timer));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
