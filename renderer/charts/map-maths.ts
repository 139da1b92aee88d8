/** Spectra row by row on the same lines, as a colour map shows them. */
export interface MapData {
  rows: number
  lines: number
  resolutionHz: number
  /** Peak amplitudes, NaN where a row has none. */
  amplitude: Float32Array
}

export interface MapWindow {
  fromHz: number
  toHz: number
  /** First row and how many of them, in the order they are shown. */
  fromRow: number
  rows: number
}

/**
 * Largest amplitude of every pixel: averaging would fade a line that is narrower than a pixel. A pixel row stands for one or
 * more spectra, a pixel column for one or more lines; both are looked up once and not per pixel.
 */
export function poolMap(
  data: MapData,
  order: Int32Array,
  window: MapWindow,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const { lines, resolutionHz, amplitude } = data
  const perColumn = (window.toHz - window.fromHz) / resolutionHz / width
  const first = window.fromHz / resolutionHz
  const from = new Int32Array(width)
  const to = new Int32Array(width)
  for (let x = 0; x < width; x++) {
    const start = Math.floor(first + x * perColumn + 0.5)
    from[x] = Math.max(0, Math.min(lines - 1, start))
    to[x] = Math.max((from[x] ?? 0) + 1, Math.min(lines, Math.floor(first + (x + 1) * perColumn + 0.5)))
  }
  let lastRow = -1
  let lastEnd = -1
  for (let y = 0; y < height; y++) {
    const rowFrom = Math.floor(window.fromRow + (y * window.rows) / height)
    const rowTo = Math.max(rowFrom + 1, Math.floor(window.fromRow + ((y + 1) * window.rows) / height))
    const base = y * width
    if (rowFrom === lastRow && rowTo === lastEnd) {
      out.copyWithin(base, base - width, base)
      continue
    }
    lastRow = rowFrom
    lastEnd = rowTo
    out.fill(Number.NaN, base, base + width)
    for (let shown = rowFrom; shown < rowTo && shown < order.length; shown++) {
      const offset = (order[shown] ?? 0) * lines
      for (let x = 0; x < width; x++) {
        let best = out[base + x] ?? Number.NaN
        for (let line = from[x] ?? 0; line < (to[x] ?? 0); line++) {
          const value = amplitude[offset + line] ?? Number.NaN
          if (!(best >= value) && value === value) best = value
        }
        out[base + x] = best
      }
    }
  }
}

/** Perceptually even from dark to light (viridis, sampled at nine places): reads the same in grey and to the colour-blind. */
const stops = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const

/** 256 colours as RGBA words in the byte order of image data. */
export function mapPalette(): Uint32Array {
  const palette = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1)
    const below = Math.min(stops.length - 2, Math.floor(at))
    const share = at - below
    const [a, b] = [stops[below] ?? stops[0], stops[below + 1] ?? stops[0]]
    const mix = (n: 0 | 1 | 2): number => Math.round(a[n] + (b[n] - a[n]) * share)
    palette[i] = ((255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0
  }
  return palette
}

/** Colours by the upper 16 bits of a float that is not negative: its exponent and 8 bits, 0.4 %, finer than 256 colours. */
export type ColourScale = Uint32Array

/** Decibels below the top, or shares of it (`rangeDb` null). NaN and infinities take `empty`. */
export function colourScale(top: number, rangeDb: number | null, palette: Uint32Array, empty: number): ColourScale {
  const words = new Uint32Array(1)
  const value = new Float32Array(words.buffer)
  const scale = new Uint32Array(65_536)
  for (let i = 0; i < scale.length; i++) {
    words[0] = (i << 15) >>> 0
    const height = value[0] ?? 0
    const share = rangeDb === null ? height / top : 1 + (20 * Math.log10(height / top)) / rangeDb
    const colour = Math.max(0, Math.min(255, Math.floor(share * 256)))
    scale[i] = Number.isFinite(height) ? (palette[colour] ?? empty) : empty
  }
  return scale
}

/** Pixels from pooled amplitudes: one look-up each, where a search among thresholds cost 23 ms for a million. */
export function colourMap(pooled: Float32Array, scale: ColourScale, pixels: Uint32Array): void {
  const words = new Uint32Array(pooled.buffer, pooled.byteOffset, pooled.length)
  for (let i = 0; i < words.length; i++) pixels[i] = scale[((words[i] ?? 0) >>> 15) & 0xffff] ?? 0
}

/** The top of the colour scale: what all but a thousandth of the cells stay below, so that one spike leaves the rest visible. */
export function mapTop(amplitude: Float32Array): number {
  const step = Math.max(1, Math.floor(amplitude.length / 200_000))
  const sample: number[] = []
  for (let i = 0; i < amplitude.length; i += step) {
    const value = amplitude[i] ?? Number.NaN
    if (value > 0) sample.push(value)
  }
  sample.sort((a, b) => a - b)
  return sample[Math.floor(sample.length * 0.9995)] ?? sample.at(-1) ?? 1
}
