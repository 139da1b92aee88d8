import { useState } from 'react'
import { bridge } from '../../bridge/bridge.ts'
import { CapturePlot } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, ErrorPane, formatTime, Skeleton, t } from '../../ui/index.ts'

interface CapturedWaveformProps {
  captureId: string
  unit: string
  colourIndex: number
  onClose: () => void
}

export function CapturedWaveform({ captureId, unit, colourIndex, onClose }: CapturedWaveformProps) {
  const { value, failure, again } = useCall('capture.read', { captureId })
  const zone = useTimeZone()
  const [busy, setBusy] = useState(false)
  const pin = async (pinned: boolean): Promise<void> => {
    setBusy(true)
    try {
      await bridge.call('capture.pin', { captureId, pinned, reason: null })
      again()
    } catch (error) {
      toast('failed', failureOf(error).message)
    } finally {
      setBusy(false)
    }
  }
  if (failure) return <ErrorPane title={t('vibration.captureUnreadable')} failure={failure} onRetry={again} />
  if (!value) return <Skeleton rows={4} label={t('vibration.captureLoading')} />
  const { capture, samples } = value
  return (
    <CapturePlot
      title={t('vibration.capturedWaveform')}
      about={t('vibration.captureAbout', {
        at: formatTime(capture.sourceUs, zone),
        cause: t(`captureCause.${capture.cause}`),
      })}
      gaps={capture.gaps}
      samples={samples}
      sampleRateHz={capture.sampleRateHz}
      unit={unit}
      colourIndex={colourIndex}
    >
      {/* What an alarm or its label pins is not for a person to let go. */}
      {(capture.pin === null || capture.pin === 'hand') && (
        <Button kind="quiet" busy={busy} title={t('vibration.pinHint')} onClick={() => void pin(capture.pin === null)}>
          {t(capture.pin === null ? 'vibration.pin' : 'vibration.unpin')}
        </Button>
      )}
      <Button onClick={onClose}>{t('vibration.backToLive')}</Button>
    </CapturePlot>
  )
}
