/** Wrong passwords that cost nothing: people mistype. */
const free = 3
const firstMs = 5_000
/** A guess a quarter of an hour: no list of passwords gets through, and a person who remembers is not shut out for a shift. */
const mostMs = 15 * 60_000

/** How long the next attempt has to wait after so many wrong ones in a row: 5 s from the fourth, twice as long each time. */
export function lockMs(failures: number): number {
  if (failures <= free) return 0
  return Math.min(mostMs, firstMs * 2 ** (failures - free - 1))
}
