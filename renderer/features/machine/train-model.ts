import type { Asset } from '../../../shared/domain/plant-file.ts'

/** What is drawn along the shaft, left to right. */
export type BodyKind =
  | 'motor'
  | 'coupling'
  | 'belt'
  | 'gearbox'
  | 'pump'
  | 'fan'
  | 'compressor'
  | 'conveyor'
  | 'vessel'
  | 'machine'

export interface Body {
  kind: BodyKind
  /** Left edge and width in drawing units; the shaft runs at `shaftY`. */
  x: number
  width: number
  /** False: the train needs it, the plant file does not describe it; drawn as an outline. */
  isModelled: boolean
  componentIds: string[]
}

export interface BearingMark {
  componentId: string
  label: string
  x: number
}

export type Side = 'above' | 'below'

export interface Sensor {
  pointId: string
  /** Where it is mounted. */
  x: number
  y: number
  side: Side
  axis: string | null
}

export interface Train {
  bodies: Body[]
  bearings: BearingMark[]
  sensors: Sensor[]
}

export interface TrainPoint {
  id: string
  componentId: string | null
  quantity: string
  axis: string | null
  placement: string | null
}

export const drawing = { width: 900, height: 340, shaftY: 170, bodyTop: 116, bodyBottom: 224 } as const

const widths: Record<BodyKind, number> = {
  motor: 230,
  coupling: 56,
  belt: 70,
  gearbox: 170,
  pump: 220,
  fan: 220,
  compressor: 250,
  conveyor: 330,
  vessel: 240,
  machine: 220,
}

const drivenKind: Record<Asset['family'], BodyKind | null> = {
  pump: 'pump',
  motor: null,
  compressor: 'compressor',
  conveyor: 'conveyor',
  fan: 'fan',
  gearbox: 'gearbox',
  thermal: 'vessel',
  other: 'machine',
}

const speaksOfMotor = (text: string): boolean => /motor|rotor|stator/i.test(text)

function kinds(asset: Asset): { kind: BodyKind; isModelled: boolean }[] {
  const components = asset.components ?? []
  const has = (kind: string): boolean => components.some((component) => component.kind === kind)
  const hasMotor =
    asset.family === 'motor' || has('rotor') || components.some((component) => speaksOfMotor(component.id))
  if (asset.family === 'thermal' || asset.family === 'other') {
    const driven = { kind: drivenKind[asset.family] ?? ('machine' as const), isModelled: true }
    return hasMotor ? [{ kind: 'motor', isModelled: true }, link(components), driven] : [driven]
  }
  const train: { kind: BodyKind; isModelled: boolean }[] = [{ kind: 'motor', isModelled: hasMotor }]
  const driven = drivenKind[asset.family]
  if (driven === null) {
    if (has('coupling')) train.push({ kind: 'coupling', isModelled: true })
    if (has('belt')) train.push({ kind: 'belt', isModelled: true })
    return train
  }
  train.push(link(components))
  if (driven !== 'gearbox' && has('gear'))
    train.push({ kind: 'gearbox', isModelled: true }, { kind: 'coupling', isModelled: false })
  train.push({ kind: driven, isModelled: true })
  return train
}

function link(components: NonNullable<Asset['components']>): { kind: BodyKind; isModelled: boolean } {
  if (components.some((component) => component.kind === 'belt')) return { kind: 'belt', isModelled: true }
  return { kind: 'coupling', isModelled: components.some((component) => component.kind === 'coupling') }
}

function layBodies(asset: Asset): Body[] {
  const parts = kinds(asset)
  const total = parts.reduce((sum, part) => sum + widths[part.kind], 0)
  const scale = Math.min(1.5, (drawing.width - 120) / total)
  let x = (drawing.width - total * scale) / 2
  return parts.map((part) => {
    const width = widths[part.kind] * scale
    const body: Body = { kind: part.kind, isModelled: part.isModelled, x, width, componentIds: [] }
    x += width
    return body
  })
}

const bodyOfComponent: Record<string, readonly BodyKind[]> = {
  rotor: ['motor'],
  coupling: ['coupling'],
  belt: ['belt'],
  gear: ['gearbox'],
  impeller: ['pump', 'fan', 'compressor'],
}

/** `non-drive end` before `drive end`: the one name contains the other. */
function endOf(text: string): 'drive' | 'free' | null {
  if (/non.?drive|\bnde\b|outboard|free.?end|non.?coupling/i.test(text)) return 'free'
  if (/drive.?end|\bde\b|inboard|coupling/i.test(text)) return 'drive'
  return null
}

/** Body and x of something named by its text (placement, component id, name); the main machine where the text is silent. */
function locate(bodies: readonly Body[], text: string): { body: Body; x: number } | null {
  const driver = bodies.find((body) => body.kind === 'motor')
  const driven = bodies.findLast((body) => body.kind !== 'coupling' && body.kind !== 'belt')
  const gearbox = bodies.find((body) => body.kind === 'gearbox')
  const body = speaksOfMotor(text) ? (driver ?? driven) : /gear/i.test(text) ? (gearbox ?? driven) : driven
  if (body === undefined) return null
  const end = endOf(text)
  const inset = Math.min(34, body.width * 0.16)
  // The coupled side of a driver is its right side, of a driven machine its left.
  const coupledRight = body === driver
  if (end === null) return { body, x: body.x + body.width / 2 }
  const right = (end === 'drive') === coupledRight
  return { body, x: right ? body.x + body.width - inset : body.x + inset }
}

function layBearings(asset: Asset, bodies: readonly Body[]): BearingMark[] {
  const marks: BearingMark[] = []
  for (const component of asset.components ?? []) {
    const text = `${component.id} ${component.name ?? ''}`.replaceAll(/[-_.]/g, ' ')
    if (component.kind === 'bearing') {
      const place = locate(bodies, text)
      if (!place) continue
      place.body.componentIds.push(component.id)
      const crowd = marks.filter((mark) => Math.abs(mark.x - place.x) < 20).length
      const inward = place.x > place.body.x + place.body.width / 2 ? -1 : 1
      marks.push({
        componentId: component.id,
        label: component.bearing ?? component.id,
        x: place.x + crowd * 26 * inward,
      })
    } else {
      const wanted = bodyOfComponent[component.kind] ?? []
      bodies.find((body) => wanted.includes(body.kind))?.componentIds.push(component.id)
    }
  }
  return marks
}

/** Half the height of a body's outline at x: sensors sit on the housing, not above it. Follows BodyShape. */
export function surfaceHalf(body: Body, x: number): number {
  const half = (drawing.bodyBottom - drawing.bodyTop) / 2
  switch (body.kind) {
    case 'pump':
    case 'fan': {
      const housing = body.kind === 'pump' ? 32 : 28
      const centre = body.x + body.width - half - (body.kind === 'pump' ? 22 : 8)
      const away = Math.abs(x - centre)
      return away < half ? Math.max(housing, Math.sqrt(half * half - away * away)) : housing
    }
    case 'compressor':
      return 34 + (half - 34) * Math.min(1, Math.max(0, (x - body.x) / body.width))
    case 'conveyor':
      return 40
    case 'vessel':
      return half + 10
    case 'coupling':
      return 30
    case 'belt':
      return 36
    case 'motor':
    case 'gearbox':
    case 'machine':
      return half
  }
}

function sensorPlace(
  point: TrainPoint,
  asset: Asset,
  bodies: readonly Body[],
  bearings: readonly BearingMark[],
): { x: number; y: number; side: Side } | null {
  const bearing = bearings.find((mark) => mark.componentId === point.componentId)
  const component = (asset.components ?? []).find((candidate) => candidate.id === point.componentId)
  const text = `${point.placement ?? ''} ${component?.id ?? ''} ${component?.name ?? ''} ${point.id}`.replaceAll(
    /[-_.]/g,
    ' ',
  )
  const found = locate(bodies, text)
  if (!found) return null
  const owner = bodies.find((body) => body.componentIds.includes(point.componentId ?? ''))
  const x = bearing?.x ?? (component && owner ? owner.x + owner.width / 2 : found.x)
  const body = owner ?? found.body
  if (point.quantity === 'rotational-speed') {
    const coupling = bodies.find((candidate) => candidate.kind === 'coupling' || candidate.kind === 'belt')
    if (point.componentId === null && coupling)
      return { x: coupling.x + coupling.width / 2, y: drawing.shaftY, side: 'below' }
    return { x, y: drawing.shaftY, side: 'below' }
  }
  if (point.axis === 'axial') {
    const left = x < body.x + body.width / 2
    return { x: left ? body.x : body.x + body.width, y: drawing.shaftY - 22, side: 'above' }
  }
  if (point.axis === 'radial-horizontal' || point.axis === 'x')
    return { x, y: drawing.shaftY + surfaceHalf(body, x) * 0.6, side: 'below' }
  if (point.axis !== null) return { x, y: drawing.shaftY - surfaceHalf(body, x), side: 'above' }
  return { x, y: drawing.shaftY + surfaceHalf(body, x), side: 'below' }
}

/** The train as the asset model describes it: what is not described is marked so, never made up. */
export function layTrain(asset: Asset, points: readonly TrainPoint[]): Train {
  const bodies = layBodies(asset)
  const bearings = layBearings(asset, bodies)
  const sensors: Sensor[] = []
  for (const point of points) {
    const place = sensorPlace(point, asset, bodies, bearings)
    if (!place) continue
    // Two sensors on one spot would hide each other: the later one moves along the housing.
    const crowd = sensors.filter((other) => Math.abs(other.x - place.x) < 14 && Math.abs(other.y - place.y) < 14).length
    sensors.push({ pointId: point.id, axis: point.axis, ...place, x: place.x + crowd * 16 })
  }
  return { bodies, bearings, sensors }
}

/**
 * Left edges of callouts so that none overlaps its neighbour and each stays near its sensor: forward pass pushes right,
 * backward pass pulls what left the drawing. `wanted` are the centres, in ascending order.
 */
export function spreadCallouts(wanted: readonly number[], width: number, gap: number, total: number): number[] {
  const left = wanted.map((centre) => Math.min(Math.max(0, centre - width / 2), total - width))
  for (let i = 1; i < left.length; i++) left[i] = Math.max(left[i] ?? 0, (left[i - 1] ?? 0) + width + gap)
  for (let i = left.length - 1; i >= 0; i--) {
    const limit = i === left.length - 1 ? total - width : (left[i + 1] ?? total) - gap - width
    left[i] = Math.min(left[i] ?? 0, limit)
  }
  return left
}

/** Callouts one row takes; the rest are listed in the table only. */
export function calloutsPerRow(width: number, gap: number, total: number): number {
  return Math.floor((total + gap) / (width + gap))
}
