import { expect, onTestFinished, test } from "vitest";
import { addressGuard } from "../../../src/lib/outbox/address.ts";
import { openLines } from "../../../src/lib/outbox/lines.ts";

test("the connector itself refuses a literal forbidden address: nothing is looked up for one", async () => {
  const lines = openLines({ guard: addressGuard(), resolve: () => Promise.resolve([]), connectTimeoutMs: 5_000 });
  onTestFinished(() => lines.close());

  const error = await new Promise((resolve) =>
    lines.fresh("http://169.254.169.254").dispatch(
      { method: "POST", path: "/" },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: () => {},
        onResponseEnd: () => resolve(undefined),
        onResponseError: (_controller, failure) => resolve(failure),
      },
    ),
  );

  expect(error).toMatchObject({ message: expect.stringContaining("metadata") });
});
