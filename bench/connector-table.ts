export const TABLE = "orders";
export const TOPIC = `cdc_bench-postgres_${TABLE}`;

export interface BenchDatabase {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}
