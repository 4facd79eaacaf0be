// Part of `npm run bench:push`: the consumer. Reads each request to its end and answers 204.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(204).end());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: typeof address === "string" ? address : `http://127.0.0.1:${address?.port}` });
});
process.on("disconnect", () => process.exit());
