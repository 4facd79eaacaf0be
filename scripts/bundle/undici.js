// What the CLI uses of undici, without its index: that loads fetch, caches, mocks and WebSockets, which costs 50 ms a start.
// undici has no exports map, so its version is pinned, and a test compares this with the real one.
import request from "../../node_modules/undici/lib/api/api-request.js";
import Client from "../../node_modules/undici/lib/dispatcher/client.js";

Client.prototype.request = request;

export { Client };
