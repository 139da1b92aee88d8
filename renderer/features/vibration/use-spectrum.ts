import { useEffect, useMemo, useState } from 'react'
import type { Point } from '../../../shared/domain/plant-file.ts'
import type { PlotSpectrum } from '../../../shared/protocol/plots.ts'
import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import { bridge } from '../../bridge/bridge.ts'
import { FrameSource } from '../../bridge/frame-source.ts'
import type { SpectrumOverlay } from '../../charts/index.ts'
import { useFrameSource } from '../../stores/frame-source.ts'
import { failureOf, useCall, useStable } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { isUsual, liveSpanMs, type CompareItem, type SpectrumSettings } from './desk-model.ts'

type Kind = 'spectrum' | 'envelope'

export interface ShownSpectrum {
  source: FrameSource<SpectrumFrame>
  /** How it was made; null while it is the engine's own live spectrum, or not there yet. */
  said: PlotSpectrum | null
  /** Length of what it is made of while it is live and computed on demand. */
  liveMs: number | null
}

const liveEveryMs = 1000

/** A capture's spectrum, the live one, or a live one with settings of its own: whichever it is, a source of frames. */
export function useSpectrum(
  point: Point,
  captureId: string | null,
  kind: Kind,
  settings: SpectrumSettings,
): ShownSpectrum {
  const plain = captureId === null && isUsual(settings)
  const topic = useFrameSource('spectrum', plain ? { pointId: point.id, kind } : null)
  const liveMs = captureId === null && !plain ? liveSpanMs(settings.lines, point.contract?.sampleRateHz ?? 1) : null
  const of = captureId === null ? { pointId: point.id, lastMs: liveMs ?? 1000 } : { captureId }
  const { value, failure } = useCall(
    'plot.spectrum',
    plain ? null : { of, kind, ...settings },
    liveMs === null ? undefined : liveEveryMs,
  )
  const asked = useMemo(
    () => ({ of: [point.id, captureId, kind], source: new FrameSource<SpectrumFrame>() }),
    [point.id, captureId, kind],
  ).source
  useEffect(() => {
    // While the next answer is on its way the last one stays: a plot that blinks with each setting cannot be read.
    if (value || failure) asked.take(value?.frame ?? null, failure)
  }, [asked, value, failure])
  return plain ? { source: topic, said: null, liveMs: null } : { source: asked, said: value, liveMs }
}

/** The spectra of what is compared, by the same settings; one that fails is told and left out. */
export function useOverlays(
  compared: readonly CompareItem[],
  kind: Kind,
  settings: SpectrumSettings,
): readonly SpectrumOverlay[] {
  const wanted = useStable({ compared, kind, settings })
  const [held, setHeld] = useState<{ of: unknown; overlays: readonly SpectrumOverlay[] }>({ of: null, overlays: none })
  useEffect(() => {
    if (wanted.compared.length === 0) return undefined
    const stop = new AbortController()
    const { signal } = stop
    const read = async ({ captureId, name }: CompareItem, index: number): Promise<SpectrumOverlay[]> => {
      try {
        const params = { of: { captureId }, kind: wanted.kind, ...wanted.settings }
        const { frame } = await bridge.call('plot.spectrum', params, { signal })
        // The first colour is the point's own; what is compared takes others.
        return [{ name, frame, colourIndex: index + 1 }]
      } catch (error) {
        if (!signal.aborted) toast('failed', failureOf(error).message)
        return []
      }
    }
    Promise.all(wanted.compared.map(read)).then(
      (all) => !signal.aborted && setHeld({ of: wanted, overlays: all.flat() }),
      () => undefined,
    )
    return () => stop.abort()
  }, [wanted])
  return wanted.compared.length === 0 ? none : held.of === wanted ? held.overlays : none
}

const none: readonly SpectrumOverlay[] = []
