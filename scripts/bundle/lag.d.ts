export const LAG: object;
