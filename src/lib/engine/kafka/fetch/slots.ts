/** Connections for reads that wait for nothing: an answer of many bytes holds up what comes behind it on its own. */
export const RECORDS_SLOT = 0;
export const OFFSETS_SLOT = 1;
