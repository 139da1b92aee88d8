import type { AuditFact, AuditRow } from '../../../shared/domain/audit-trail.ts'
import { formatNumber, t, tMaybe } from '../../ui/index.ts'

/** What was there before and what is there now, on one line. */
export function factWords({ before, after }: Pick<AuditRow, 'before' | 'after'>): string {
  const [was, is] = [plain(before), plain(after)]
  if (was === '') return is
  return t('audit.fromTo', { before: was, after: is === '' ? t('audit.nothing') : is })
}

/** A hash is known by its beginning; the export has all of it. */
export function shortened(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text
}

/** JSON without its signs: `state rejected, subject CN=pump`. */
function plain(fact: AuditFact): string {
  if (fact === null) return ''
  if (Array.isArray(fact)) return fact.map(plain).join(', ')
  // The export has every digit.
  if (typeof fact === 'number' && !Number.isInteger(fact)) return formatNumber(fact, 6)
  if (typeof fact !== 'object') return shortened(String(fact))
  return Object.entries(fact)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${tMaybe(`audit.fact.${name}`, name)} ${plain(value)}`)
    .join(', ')
}
