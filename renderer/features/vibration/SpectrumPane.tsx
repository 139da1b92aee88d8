import { useMemo } from 'react'
import {
  plainDisplay,
  SpectrumPlot,
  type SpectrumDisplay,
  type SpectrumReading,
  type View,
} from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useRemembered } from '../../stores/router.ts'
import { formatNumber, formatTime, t } from '../../ui/index.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { colourIndexOf, pointWords } from './point-tree.ts'
import { SpectrumOptions } from './SpectrumOptions.tsx'
import { useOverlays, type ShownSpectrum } from './use-spectrum.ts'

import { copied, KindChoice, placed, useDeskKeys, usePlotControl, type PaneProps } from './PaneParts.tsx'
function aboutOf({ said, liveMs }: ShownSpectrum, zone: string): string | null {
  if (!said) return null
  const facts = {
    at: formatTime(said.frame.tUs, zone),
    s: formatNumber((liveMs ?? 0) / 1000, 3),
    averages: said.averages,
    window: t(`desk.windows.${said.window}`),
    line: formatNumber(said.frame.resolutionHz, 3),
  }
  if (liveMs !== null) return t('desk.liveAbout', facts)
  return said.averages === 1 ? t('desk.aboutOnce', facts) : t('desk.about', facts)
}

export function SpectrumPane(props: PaneProps & { kind: 'spectrum' | 'envelope' }) {
  const { kind, plant, point, cursor, captureId, compared, notes } = props
  const shown = kind === 'spectrum' ? props.spectrum : props.envelope
  const settings = props.settings[kind]
  const zone = useTimeZone()
  const [control, takeControl] = usePlotControl()
  const onKey = useDeskKeys(props, control, kind)
  const [view, setView] = useRemembered<View | null>(`${kind}-view`, null)
  const [display, setDisplay] = useRemembered<SpectrumDisplay>(`${kind}-display`, plainDisplay)
  const [difference, setDifference] = useRemembered<boolean>(`${kind}-difference`, false)
  const [hold, setHold] = useRemembered<boolean>(`${kind}-hold`, false)
  const overlays = useOverlays(compared, kind, settings)
  const marks = useMemo(() => placed(notes, kind), [notes, kind])
  const about = aboutOf(shown, zone)
  const stored = captureId === null && shown.liveMs === null ? null : (about ?? t('plot.computing'))
  const noise = shown.said?.noiseBandwidthLines ?? 1.5
  const reading: SpectrumReading = useMemo(
    () => ({ display, overlays, difference, hold, stored, noiseBandwidthLines: noise, notes: marks }),
    [display, overlays, difference, hold, stored, noise, marks],
  )
  const title = t(`desk.kinds.${kind}`)
  return (
    <SpectrumPlot
      title={title}
      head={<KindChoice {...props} />}
      tools={
        <>
          <SpectrumOptions
            kind={kind}
            title={title}
            settings={settings}
            onSettings={(next) => props.onSettings(kind, next)}
            display={display}
            onDisplay={setDisplay}
            difference={compared.length > 0 ? difference : null}
            onDifference={setDifference}
            hold={hold}
            onHold={setHold}
          />
          <ExportMenu
            title={`${pointWords(plant, point)}, ${title}`}
            plot={title}
            control={control}
            captureId={captureId}
            spectrum={() => shown.source.latest}
            quantity={point.contract?.quantity ?? ''}
          />
        </>
      }
      source={shown.source}
      cursor={cursor}
      reading={reading}
      unit={point.contract?.unit ?? ''}
      colourIndex={colourIndexOf(plant, point.id)}
      merged={kind === 'spectrum'}
      view={view}
      onView={setView}
      onCopied={copied}
      onKey={onKey}
      onControl={takeControl}
    />
  )
}
