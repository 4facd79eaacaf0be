/** Of an even count the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** `1.05 (goal 1.1, met; rounds 0.98 to 1.21)`: a ratio without its goal and its spread says little. */
export function verdict(ratios: readonly number[], goal: number): string {
  const ratio = median(ratios);
  const range = `rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return `${ratio.toFixed(2)} (goal ${goal}, ${ratio <= goal ? "met" : "missed"}; ${range})`;
}
