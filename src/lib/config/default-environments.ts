/** What the platform's own environments have unless a file says otherwise. Their admin addresses are not published. */
export const DEFAULT_ENVIRONMENTS: Readonly<Record<string, { readonly inbox: string }>> = {
  development: { inbox: "https://kbroker-inbox.dev.kavak.io" },
  production: { inbox: "https://kbroker-inbox.prd.kavak.io" },
};
