import { expect, test } from "vitest";
import { addressGuard } from "../../../src/lib/outbox/address.ts";

const guard = addressGuard();

test.each([
  ["169.254.169.254", "metadata"],
  ["169.254.170.2", "metadata"],
  ["100.100.100.200", "metadata"],
  ["168.63.129.16", "metadata"],
  ["169.254.0.1", "link-local"],
  ["169.254.255.255", "link-local"],
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.255", "multicast"],
  ["255.255.255.255", "broadcast"],
  ["fd00:ec2::254", "metadata"],
  ["FD00:0EC2:0:0:0:0:0:254", "metadata"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local"],
  ["febf::1", "link-local"],
  ["::", "unspecified"],
  ["ff02::1", "multicast"],
  ["::ffff:169.254.169.254", "metadata"],
  ["::ffff:a9fe:a9fe", "metadata"],
  ["0:0:0:0:0:ffff:a9fe:1", "link-local"],
  ["::169.254.1.1", "link-local"],
  ["64:ff9b::a9fe:a9fe", "metadata"],
  ["64:ff9b::169.254.169.254", "metadata"],
  ["2002:a9fe:a9fe::1", "metadata"],
  ["::ffff:0.0.0.0", "unspecified"],
])("%s is refused as %s", (address, what) => {
  expect(guard.problem(address)).toContain(what);
});

test.each([
  "127.0.0.1",
  "10.0.0.1",
  "172.16.5.4",
  "192.168.1.1",
  "100.64.0.1",
  "169.253.255.255",
  "169.255.0.0",
  "8.8.8.8",
  "223.255.255.255",
  "::1",
  "fd12:3456::1",
  "fec0::1",
  "2606:4700::1111",
  "::ffff:127.0.0.1",
  "64:ff9b::8.8.8.8",
  "2002:808:808::1",
])("%s is fine: internal endpoints are normal", (address) => {
  expect(guard.problem(address)).toBeUndefined();
});
