/** As the validator matches: ECMA-262 with Unicode, anywhere in the text. */
export function patternMatches(pattern: string, text: string): boolean {
  return new RegExp(pattern, "u").test(text);
}
