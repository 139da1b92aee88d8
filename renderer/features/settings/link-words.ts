import type { LinkState } from '../../../shared/domain/intake.ts'

/** What a link stands on by exception, in its own words; null when it needs none. */
export function exceptedWords(link: LinkState | null): string | null {
  return link !== null && link.security.startsWith('Insecure:') ? link.security.slice('Insecure:'.length).trim() : null
}

/** Somebody here can decide it: trust the certificate, or make an exception. */
export function isDecidable(link: LinkState | null): boolean {
  const refusal = link?.refusal ?? null
  return link?.phase === 'refused' && refusal !== null && (refusal.undecided !== null || refusal.rule !== null)
}
