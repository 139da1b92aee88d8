import { ShaftPlot } from '../../charts/index.ts'
import { useCall } from '../../stores/topic.ts'
import { t } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { copied, KindChoice, useDeskKeys, usePlotControl, type PaneProps } from './PaneParts.tsx'
import { pointWords } from './point-tree.ts'

type Kind = 'orbit' | 'full-spectrum' | 'bode' | 'centreline'

/** Orbit, full spectrum, Bode and centreline of the open waveform's pair of probes, or why there are none. */
export function ShaftPane(props: PaneProps & { kind: Kind }) {
  const { kind, plant, point, cursor, captureId } = props
  const [control, takeControl] = usePlotControl()
  const onKey = useDeskKeys(props, control, null)
  const { value, failure } = useCall('plot.shaft', captureId === null ? null : { captureId })
  const title = t(`desk.kinds.${kind}`)
  const words = captureId === null ? t('desk.shaftClosed') : (failure?.message ?? (value ? '' : t('plot.computing')))
  return (
    <ShaftPlot
      title={title}
      kind={kind}
      head={<KindChoice {...props} />}
      tools={
        <ExportMenu
          title={`${pointWords(plant, point)}, ${title}`}
          plot={title}
          control={control}
          captureId={captureId}
          quantity={point.contract?.quantity ?? ''}
        />
      }
      shaft={value}
      words={words}
      cursor={cursor}
      onCopied={copied}
      onKey={onKey}
      onControl={takeControl}
    />
  )
}
