/** Token values for canvas drawing, which cannot read CSS variables by itself. */
export interface ChartColours {
  panel: string
  line: string
  text: string
  muted: string
  high: string
  urgent: string
  hatch: string
  series: readonly string[]
}

/** Read when a plot is built; a plot is built anew when the theme changes. */
export function readColours(): ChartColours {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  return {
    panel: token('--panel'),
    line: token('--line'),
    text: token('--text'),
    muted: token('--muted'),
    high: token('--high'),
    urgent: token('--urgent'),
    hatch: token('--hatch'),
    series: [1, 2, 3, 4, 5, 6].map((n) => token(`--series-${n}`)),
  }
}

/** The colour of a point is its place in the plant file, so it is the same in every plot. */
export function seriesColour(colours: ChartColours, index: number): string {
  return colours.series[Math.max(0, index) % colours.series.length] ?? colours.text
}
