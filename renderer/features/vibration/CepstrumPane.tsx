import { CepstrumPlot } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall, useLast } from '../../stores/topic.ts'
import { formatTime, t } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { usePane, type PaneProps } from './PaneParts.tsx'
import { colourIndexOf } from './point-tree.ts'

const liveMs = 5000
const liveEveryMs = 2000

/** Cepstrum of the open waveform, or of the newest seconds. */
export function CepstrumPane(props: PaneProps) {
  const { plant, point, cursor, captureId } = props
  const zone = useTimeZone()
  const pane = usePane(props, null)
  const live = captureId === null
  const of = live ? { pointId: point.id, lastMs: liveMs } : { captureId }
  const { value, failure } = useCall('plot.cepstrum', { of }, live ? liveEveryMs : undefined)
  const shown = useLast(value)
  const facts = shown && {
    count: shown.averages,
    samples: shown.pieceSamples.toLocaleString('en'),
    at: formatTime(shown.tUs, zone),
  }
  return (
    <CepstrumPlot
      frame={pane.frame(<ExportMenu {...pane.exports} />)}
      data={shown}
      words={failure?.message ?? (shown ? '' : t('plot.computing'))}
      mark={facts ? t(live ? 'desk.cepstrumLive' : 'desk.cepstrumAbout', facts) : ''}
      cursor={cursor}
      colourIndex={colourIndexOf(plant, point.id)}
    />
  )
}
