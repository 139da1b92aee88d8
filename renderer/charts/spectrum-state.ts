import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'

const staleAfterMs = 5000
/** Without a frame for this long the plot says that it waits. */
const waitMs = 1200

export function speedWords(rpm: number | null): string {
  return rpm === null ? t('plot.noSpeed') : t('plot.rpm', { rpm: Math.round(rpm) })
}

/** Whether a spectrum plot is live, and since when not. */
export class SpectrumState {
  readonly #createdMs = performance.now()
  #arrivedMs = Number.NaN
  /** Different blocks seen. */
  #blocks = 0

  arrived(): void {
    this.#arrivedMs = performance.now()
    this.#blocks += 1
  }

  /**
   * In the place of LIVE, and across the plot.
   *
   * @param stored what stands over a spectrum that does not change; null: it should be live
   */
  tell(
    nowMs: number,
    frame: SpectrumFrame | null,
    stored: string | null,
    failure: { message: string } | null,
  ): { state: string; words: string; live: boolean } {
    const ageMs = nowMs - this.#arrivedMs
    const stale = stored === null && this.#blocks > 0 && ageMs > staleAfterMs
    let words = ''
    if (failure) words = failure.message
    else if (!frame && nowMs - this.#createdMs > waitMs) words = t(stored === null ? 'plot.waiting' : 'plot.computing')
    else if (stale) words = t('plot.staleSpectrum', { s: Math.round(ageMs / 1000) })
    // The first frame may be an old one that the engine still holds; only a second block proves that data flows.
    const live = stored === null && !failure && !stale && this.#blocks > 1
    let state = t('plot.waitingMark')
    if (stored !== null) state = stored
    else if (live && frame)
      state = t('plot.spectrumMark', { rpm: speedWords(frame.rpm), line: formatNumber(frame.resolutionHz, 3) })
    else if (stale || failure) state = t('plot.staleMark')
    else if (frame) state = t('plot.lastKnownMark')
    return { state, words, live }
  }
}
