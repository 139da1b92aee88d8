/** As a person would write it: 12.3, not the 12.299999999999999 that a computation left. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(12)))
}

/** Digits with a point or a comma; null where it is no number. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(',', '.').replace('\u2212', '-')
  const value = Number(plain)
  return plain === '' || !Number.isFinite(value) ? null : value
}
