import { readColours } from './colours.ts'

const headPx = 44

/** A plot with its title on the ground of its theme, as a PNG: a bare canvas is transparent and says not what it shows. */
export function pictureOf(plot: HTMLCanvasElement, title: string, about: string): Promise<Blob> {
  const colours = readColours()
  const ratio = globalThis.devicePixelRatio
  const canvas = document.createElement('canvas')
  canvas.width = plot.width
  canvas.height = plot.height + Math.round(headPx * ratio)
  const ctx = canvas.getContext('2d')
  if (!ctx) return Promise.reject(new Error('The picture cannot be drawn here.'))
  ctx.fillStyle = colours.panel
  ctx.fillRect(0, 0, canvas.width, canvas.height)
  ctx.fillStyle = colours.text
  ctx.font = `600 ${15 * ratio}px "Source Sans 3"`
  ctx.fillText(title, 10 * ratio, 19 * ratio)
  ctx.fillStyle = colours.muted
  ctx.font = `${12 * ratio}px "Source Sans 3"`
  ctx.fillText(about, 10 * ratio, 36 * ratio)
  ctx.drawImage(plot, 0, Math.round(headPx * ratio))
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))), 'image/png')
  })
}
