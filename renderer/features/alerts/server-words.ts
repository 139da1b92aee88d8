import type { PresentCondition } from '../../../shared/domain/condition.ts'
import type { ServerAlarmView } from '../../../shared/protocol/views.ts'
import { formatClock, t } from '../../ui/index.ts'
import { stateWordsOf } from './alert-rows.ts'

export function stateText(condition: PresentCondition): string {
  const words = stateWordsOf(condition).map((word) => t(`serverAlarm.state.${word}`))
  const text = words.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** In place of the state while nobody knows it; null while it is known. */
export function doubtText({ reach, reachSinceUs }: ServerAlarmView, zone: string): string | null {
  if (reach === 'live') return null
  if (reach === 'reading') return t('serverAlarm.reading')
  return reachSinceUs > 0
    ? t('serverAlarm.unreachable', { since: formatClock(reachSinceUs, zone) })
    : t('serverAlarm.unreachableYet')
}
