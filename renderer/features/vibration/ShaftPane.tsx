import { ShaftPlot, type ShaftKind } from '../../charts/index.ts'
import { useCall } from '../../stores/topic.ts'
import { t } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { usePane, type PaneProps } from './PaneParts.tsx'

/** Orbit, full spectrum, Bode, polar plot and centreline of the open waveform's pair of probes, or why there are none. */
export function ShaftPane(props: PaneProps & { kind: ShaftKind }) {
  const { kind, cursor, captureId } = props
  const pane = usePane(props, null)
  const { value, failure } = useCall('plot.shaft', captureId === null ? null : { captureId })
  const words = captureId === null ? t('desk.shaftClosed') : (failure?.message ?? (value ? '' : t('plot.computing')))
  return (
    <ShaftPlot
      frame={pane.frame(<ExportMenu {...pane.exports} />)}
      kind={kind}
      shaft={value}
      words={words}
      cursor={cursor}
    />
  )
}
