import { useState } from 'react'
import type { CaptureHead } from '../../../shared/domain/twin.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatDuration, formatTime, Skeleton, t } from '../../ui/index.ts'
import { ImportDialog } from './ImportDialog.tsx'

interface CaptureListProps {
  pointId: string
  /** Machine and point in words. */
  title: string
  openId: string | null
  onOpen: (captureId: string | null) => void
}

const shownCaptures = 50
/** An alarm's capture lands some ten seconds after it, while the page is open. */
const refreshMs = 5000

/** Stored waveforms of a point, newest first, each with why it was taken. */
export function CaptureList({ pointId, title, openId, onOpen }: CaptureListProps) {
  const { value, failure, again } = useCall('capture.list', { pointId, limit: shownCaptures }, refreshMs)
  const zone = useTimeZone()
  const [busy, setBusy] = useState(false)
  const [importing, setImporting] = useState(false)

  const demand = async (): Promise<void> => {
    setBusy(true)
    try {
      await bridge.call('capture.demand', { pointId })
      again()
      toast('done', t('vibration.captured'))
    } catch (error) {
      toast('failed', failureOf(error).message)
    } finally {
      setBusy(false)
    }
  }

  return (
    <section className="capture-list" aria-label={t('vibration.captures')}>
      <header>
        <h3>{t('vibration.captures')}</h3>
        <Button kind="quiet" busy={busy} title={t('vibration.captureHint')} onClick={() => void demand()}>
          {t('vibration.capture')}
        </Button>
        <Button kind="quiet" title={t('desk.importHint')} onClick={() => setImporting(true)}>
          {t('desk.import')}
        </Button>
      </header>
      {importing && (
        <ImportDialog
          pointId={pointId}
          title={title}
          onClose={() => setImporting(false)}
          onDone={(captureId) => {
            setImporting(false)
            again()
            onOpen(captureId)
          }}
        />
      )}
      {failure && <ErrorPane title={t('vibration.noCaptureList')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={3} />}
      {value?.captures.length === 0 && <p className="muted">{t('vibration.noCaptures')}</p>}
      <ul>
        {newestFirst(value?.captures).map((capture) => (
          <li key={capture.id}>
            <button
              type="button"
              className={`capture-item${capture.id === openId ? ' focused' : ''}`}
              aria-pressed={capture.id === openId}
              onClick={() => onOpen(capture.id === openId ? null : capture.id)}
            >
              <span>
                {formatTime(capture.sourceUs, zone)}
                {capture.pin !== null && (
                  <span className="capture-pin" title={t(`capturePinHint.${capture.pin}`)}>
                    {t(`capturePin.${capture.pin}`)}
                  </span>
                )}
                {capture.faults.map(({ fault, detail }) => (
                  <span key={fault} className="capture-fault" title={t('capture.faultHint', { detail })}>
                    {t(`signalFault.${fault}`)}
                  </span>
                ))}
              </span>
              <span className="muted">
                {t('vibration.captureFacts', {
                  cause: t(`captureCause.${capture.cause}`),
                  length: formatDuration(Math.round((capture.sampleCount / capture.sampleRateHz) * 10) / 10),
                })}
              </span>
              {capture.reason !== '' && <span className="muted capture-reason">{capture.reason}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** They come in the order of time. */
function newestFirst(captures: readonly CaptureHead[] = []): CaptureHead[] {
  return [...captures].reverse()
}
