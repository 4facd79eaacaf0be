export function manifestOf(): Promise<object>;
