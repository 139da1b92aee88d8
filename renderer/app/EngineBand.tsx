import { useState } from 'react'
import { bridge } from '../bridge/bridge.ts'
import { protocolVersion } from '../../shared/protocol/messages.ts'
import { connectionPhase, useConnection } from '../stores/connection.ts'
import { useNowUs } from '../stores/clock.ts'
import { useTimeZone } from '../stores/feeds.ts'
import { Button, formatDuration, formatTime, t } from '../ui/index.ts'

/** A band under the banner while something is wrong with the engine, and afterwards until the person has read it. */
export function EngineBand() {
  const phase = useConnection(connectionPhase)
  const engine = useConnection((state) => state.engine)
  const client = useConnection((state) => state.client)
  const interruption = useConnection((state) => state.interruption)
  const [readUs, setReadUs] = useState(0)
  const zone = useTimeZone()
  const nowUs = useNowUs()

  if (phase === 'failed' && engine?.state === 'failed') {
    return (
      <Band action={<Button onClick={() => void bridge.host.retryEngine()}>{t('action.retryEngine')}</Button>}>
        {t('engine.failed', { reason: engine.reason })}
      </Band>
    )
  }
  if (phase === 'wrong-version') {
    return (
      <Band>
        {t('engine.wrongVersion', {
          theirs: client.kind === 'wrong-version' ? client.theirs : '',
          ours: protocolVersion,
        })}
      </Band>
    )
  }
  if (phase === 'stopped') return <Band>{t('engine.stopped')}</Band>
  if (!interruption || interruption.lostUs <= readUs) return null
  const { lostUs, backUs, reason } = interruption
  const because = reason === null ? '' : ` ${t('engine.reason', { reason })}`
  if (backUs === null) {
    return (
      <Band>
        {t('engine.restarting', { at: formatTime(lostUs, zone), duration: formatDuration((nowUs - lostUs) / 1e6) }) +
          because}
      </Band>
    )
  }
  return (
    <Band action={<Button onClick={() => setReadUs(lostUs)}>{t('engine.read')}</Button>}>
      {t('engine.restarted', {
        lost: formatTime(lostUs, zone),
        back: formatTime(backUs, zone),
        duration: formatDuration(Math.max(1, (backUs - lostUs) / 1e6)),
      }) + because}
    </Band>
  )
}

function Band({ children, action }: { children: string; action?: React.ReactNode }) {
  return (
    <section className="app-band" data-region role="status" aria-label={t('engine.label')}>
      <span className="selectable">{children}</span>
      {action}
    </section>
  )
}
