import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { ROLES, type Role } from "../../../src/lib/domain/node.ts";
import { roleGuard } from "../../../src/lib/server/role-guard.ts";

const ask = (roles: readonly Role[], url: string, headers = {}) =>
  roleGuard(roles)({ url, headers } as Partial<IncomingMessage> as IncomingMessage)?.code ?? "taken";

test("a node with all roles takes everything", () => {
  for (const url of ["/publish/a", "/scheduled/a", "/admin/v1/topics", "/_/health"])
    expect(ask(ROLES, url)).toBe("taken");
});

test("a node without the role inbox takes no messages, now or for later, and nothing else is refused", () => {
  expect(ask(["outbox", "admin"], "/publish/orders")).toBe("wrong_node");
  expect(ask(["outbox", "admin"], "/publish/orders/batch")).toBe("wrong_node");
  expect(ask(["outbox", "admin"], "/scheduled/orders")).toBe("wrong_node");
  expect(ask(["outbox", "admin"], "/admin/v1/topics")).toBe("taken");
});

test("a node without the role admin answers no operator, but what another node sends on", () => {
  expect(ask(["outbox"], "/admin/v1/topics")).toBe("wrong_node");
  expect(ask(["outbox"], "/admin/v1/topics", { "x-kb-forwarded-by": "n1" })).toBe("taken");
});

test("health, readiness and metrics are answered whatever the roles", () => {
  for (const url of ["/_/health", "/_/ready", "/metrics"]) expect(ask(["outbox"], url)).toBe("taken");
});
