/** What stands for a directory on the cluster that all tests share: who comes back to the one comes back to the other. */
export declare function prefixOf(dataDir: string): string;
