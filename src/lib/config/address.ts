/** Why `text` is no address of a broker, in words; `undefined` when it is one. */
export function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return "it is no URL";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "it is no http or https URL";
  if (!/^https?:\/\//i.test(text)) return "it is no http or https URL";
  if (url.username !== "" || url.password !== "") return "it holds a user name or password";
  if (url.search !== "" || url.hash !== "") return "it has a query or a fragment";
  return undefined;
}

/** The one spelling of an address: no slash at its end, host in lower case. */
export function normalAddress(text: string): string {
  return new URL(text).href.replace(/\/+$/, "");
}
