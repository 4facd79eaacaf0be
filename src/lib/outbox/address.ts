import { BlockList, isIP } from "node:net";

/** Never pushed to, whatever a name resolves to: what answers there answers to the machine, not to a consumer. */
const FORBIDDEN: readonly { readonly what: string; readonly v4: readonly string[]; readonly v6: readonly string[] }[] =
  [
    // Of the clouds: AWS, GCP, Azure (168.63.129.16), Alibaba (100.100.100.200), Oracle (192.0.0.192). 169.254.169.254 is link-local as well.
    {
      what: "a cloud's metadata address",
      v4: ["169.254.169.254/32", "169.254.170.2/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
      v6: ["fd00:ec2::254/128", "fd20:ce::254/128"],
    },
    { what: "a link-local address", v4: ["169.254.0.0/16"], v6: ["fe80::/10"] },
    { what: "an unspecified address", v4: ["0.0.0.0/8"], v6: ["::/128"] },
    { what: "a multicast address", v4: ["224.0.0.0/4"], v6: ["ff00::/8"] },
    { what: "a broadcast address", v4: ["255.255.255.255/32"], v6: [] },
  ];

export interface AddressGuard {
  /** Why nothing is ever sent to this IP address, in words; `undefined` for one that is fine. Loopback and private networks are. */
  problem(address: string): string | undefined;
}

export function addressGuard(): AddressGuard {
  const rules = FORBIDDEN.map(({ what, v4, v6 }) => {
    const list = new BlockList();
    for (const network of v4) addNetwork(list, network, "ipv4");
    for (const network of v6) addNetwork(list, network, "ipv6");
    return { what, list };
  });

  function forbidden(address: string): string | undefined {
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    return rules.find(({ list }) => list.check(address, family))?.what;
  }

  return {
    problem(given) {
      const [address = given] = given.split("%", 1);
      const what = forbidden(address) ?? embeddedIPv4(address).map(forbidden).find(Boolean);
      return what === undefined ? undefined : `${address} is ${what}; pushes never go there`;
    },
  };
}

function addNetwork(list: BlockList, network: string, family: "ipv4" | "ipv6"): void {
  const [address = "", prefix = ""] = network.split("/");
  list.addSubnet(address, Number(prefix), family);
}

/** The IPv4 address that an IPv6 address may lead to: mapped, compatible, behind NAT64, or by 6to4. */
function embeddedIPv4(address: string): readonly string[] {
  if (isIP(address) !== 6) return [];
  const groups = groupsOf(address);
  const leading = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  const isCompatible = leading === "0:0:0:0:0:0" && groups[6] !== 0;
  const isEmbedded = leading === "0:0:0:0:0:ffff" || leading === "64:ff9b:0:0:0:0" || isCompatible;
  if (isEmbedded) return [dotted(groups[6], groups[7])];
  return groups[0] === 0x2002 ? [dotted(groups[1], groups[2])] : [];
}

/** The eight groups of an IPv6 address in any spelling. */
function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: readonly string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [front = "", back] = hex.split("::");
  const parse = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [start, end] = [parse(front), parse(back ?? "")];
  const missing = back === undefined ? 0 : 8 - start.length - end.length;
  return [...start, ...new Array<number>(missing).fill(0), ...end];
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
