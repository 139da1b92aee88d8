import { CapturePlot } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
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
      samples={samples}
      sampleRateHz={capture.sampleRateHz}
      unit={unit}
      colourIndex={colourIndex}
    >
      <Button onClick={onClose}>{t('vibration.backToLive')}</Button>
    </CapturePlot>
  )
}
