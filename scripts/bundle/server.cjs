// The way from the bundle to the server, which is not in it.
exports.openBroker = async (config) => (await import("../lib/open-broker.js")).openBroker(config);
