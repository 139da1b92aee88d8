import { useCallback, useEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import type { CaptureNote, NotePlot } from '../../../shared/domain/capture-note.ts'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import {
  type DeskPlotFrame,
  type LivePoint,
  type MenuPlace,
  type PlotControl,
  type SpectrumCursorStore,
  type WaveformSubscribe,
} from '../../charts/index.ts'
import { failureOf, type CallState } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { formatNumber, t, type PopoverOpener } from '../../ui/index.ts'
import {
  kindRefusal,
  paneKinds,
  type CompareItem,
  type DeskLayout,
  type PaneKind,
  type SpectrumSettings,
} from './desk-model.ts'
import { putNote, type NotePlace } from './Notes.tsx'
import { pointWords } from './point-tree.ts'
import { type ShownSpectrum } from './use-spectrum.ts'

export interface DeskProps {
  plant: PlantFile
  point: Point
  layout: DeskLayout
  live: readonly LivePoint[]
  subscribe: WaveformSubscribe
  windowMs: number
  frozen: boolean
  onFrozen: (frozen: boolean) => void
  spectrum: ShownSpectrum
  envelope: ShownSpectrum
  settings: Record<'spectrum' | 'envelope', SpectrumSettings>
  onSettings: (kind: 'spectrum' | 'envelope', settings: SpectrumSettings) => void
  cursor: SpectrumCursorStore
  captureId: string | null
  capture: CallState<'capture.read'>
  notes: readonly CaptureNote[]
  compared: readonly CompareItem[]
  onOpenCapture: (captureId: string) => void
  onNote: (place: NotePlace) => void
  onNotesChanged: () => void
}

export interface PaneProps extends DeskProps {
  number: number
  kind: PaneKind
  /** Number of the pane for which another kind has just been chosen. */
  chosen: RefObject<number | null>
  onKind: (kind: PaneKind) => void
  onEnlarge: () => void
}

/** In the place of a plot's title: what it shows, and what else it could. */
export function KindChoice({ plant, point, number, kind, chosen, onKind }: PaneProps) {
  const select = useRef<HTMLSelectElement | null>(null)
  useEffect(() => {
    if (chosen.current === number) select.current?.focus()
  }, [chosen, number])
  return (
    <select
      ref={select}
      className="plot-kind"
      aria-label={t('desk.kind', { n: number })}
      value={kind}
      onChange={(event) => {
        const wanted = paneKinds.find((one) => one === event.target.value)
        if (wanted) onKind(wanted)
      }}
    >
      {paneKinds.map((one) => {
        const refusal = kindRefusal(plant, point, one)
        const name = t(`desk.kinds.${one}`)
        // One that is shown stays to be seen: the plot says what is missing.
        return (
          <option key={one} value={one} disabled={refusal !== null && one !== kind}>
            {refusal === null || one === kind
              ? name
              : t('desk.kindGrey', { kind: name, why: t(`desk.refusal.${refusal}`) })}
          </option>
        )
      })}
    </select>
  )
}

/** What a pane hands to its plot and to its export menu, and what it can ask of them. */
export function usePane(props: PaneProps, plot: NotePlot | null) {
  const { plant, point, captureId, kind } = props
  const control = useRef<PlotControl | null>(null)
  const menu = useRef<PopoverOpener | null>(null)
  const onControl = useCallback((taken: PlotControl | null) => {
    control.current = taken
  }, [])
  const onKey = useDeskKeys(props, control, plot)
  const title = t(`desk.kinds.${kind}`)
  return {
    control,
    title,
    exports: {
      title: `${pointWords(plant, point)}, ${title}`,
      plot: title,
      control,
      opener: menu,
      captureId,
      quantity: point.contract?.quantity ?? '',
    },
    frame: (tools: ReactNode, head?: ReactNode): DeskPlotFrame => ({
      title,
      head: (
        <>
          <KindChoice {...props} />
          {head}
        </>
      ),
      tools,
      onCopied: () => toast('done', t('plot.copied')),
      onKey,
      onMenu: ({ x, y }: MenuPlace) => menu.current?.openAt(x, y),
      onControl,
    }),
  }
}

/** Keys that mean the same on every plot of the desk: F enlarges, M keeps a reading, N notes. */
function useDeskKeys(
  { captureId, onEnlarge, onNote, onNotesChanged }: PaneProps,
  control: RefObject<PlotControl | null>,
  plot: NotePlot | null,
): (event: KeyboardEvent) => boolean {
  return (event) => {
    if (event.ctrlKey || event.altKey) return false
    const key = event.key.toLowerCase()
    if (key === 'f') {
      onEnlarge()
      return true
    }
    if ((key !== 'm' && key !== 'n') || captureId === null || plot === null) return false
    const reading = control.current?.marked() ?? null
    if (key === 'n') {
      onNote({ plot, at: reading?.at ?? null, value: reading?.value ?? null, unit: reading?.unit ?? '' })
      return true
    }
    if (!reading) toast('failed', t('desk.noteFirst'))
    else
      putNote(captureId, { plot, ...reading }, 'mark', '').then(onNotesChanged, (error: unknown) =>
        toast('failed', failureOf(error).message),
      )
    return true
  }
}

export const placed = (notes: readonly CaptureNote[], plot: NotePlot): { at: number | null; text: string }[] =>
  notes
    .filter((note) => note.plot === plot)
    .map(({ at, text, value, unit }) => ({ at, text: text === '' ? `${formatNumber(value, 3)} ${unit}` : text }))
