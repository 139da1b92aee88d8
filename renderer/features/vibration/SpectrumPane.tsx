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
import { placed, usePane, type PaneProps } from './PaneParts.tsx'
import { colourIndexOf } from './point-tree.ts'
import { SpectrumOptions } from './SpectrumOptions.tsx'
import { useOverlays, type ShownSpectrum } from './use-spectrum.ts'

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
  const pane = usePane(props, kind)
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
  return (
    <SpectrumPlot
      frame={pane.frame(
        <>
          <SpectrumOptions
            kind={kind}
            title={pane.title}
            settings={settings}
            onSettings={(next) => props.onSettings(kind, next)}
            display={display}
            onDisplay={setDisplay}
            difference={compared.length > 0 ? difference : null}
            onDifference={setDifference}
            hold={hold}
            onHold={setHold}
          />
          <ExportMenu {...pane.exports} spectrum={() => shown.source.latest} />
        </>,
      )}
      source={shown.source}
      cursor={cursor}
      reading={reading}
      unit={point.contract?.unit ?? ''}
      colourIndex={colourIndexOf(plant, point.id)}
      merged={kind === 'spectrum'}
      view={view}
      onView={setView}
    />
  )
}
