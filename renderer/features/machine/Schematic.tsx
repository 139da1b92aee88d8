import { useMemo } from 'react'
import type { Asset, Point } from '../../../shared/domain/plant-file.ts'
import type { RunState } from '../../../shared/domain/twin.ts'
import type { PointValue } from '../../../shared/protocol/views.ts'
import { t, tMaybe } from '../../ui/index.ts'
import { BodyShape } from './BodyShape.tsx'
import { Callout } from './Callout.tsx'
import { calloutValues } from './data-state.ts'
import { calloutsPerRow, drawing, layTrain, spreadCallouts, type Sensor, type Train } from './train-model.ts'

const calloutWidth = 166
const calloutGap = 10
const calloutHeight = 60

interface Placed {
  sensor: Sensor
  left: number
}

function placeRow(sensors: readonly Sensor[], side: Sensor['side']): Placed[] {
  const room = calloutsPerRow(calloutWidth, calloutGap, drawing.width)
  const row = sensors
    .filter((sensor) => sensor.side === side)
    .slice(0, room)
    .sort((a, b) => a.x - b.x)
  const lefts = spreadCallouts(
    row.map((sensor) => sensor.x),
    calloutWidth,
    calloutGap,
    drawing.width,
  )
  return row.map((sensor, index) => ({ sensor, left: lefts[index] ?? 0 }))
}

interface SchematicProps {
  asset: Asset
  points: readonly Point[]
  values: readonly PointValue[]
  runState: RunState
}

/** The train drawn from the asset model, with each sensor where its contract says it sits and its value beside it. */
export function Schematic({ asset, points, values, runState }: SchematicProps) {
  const train = useMemo(
    () =>
      layTrain(
        asset,
        points.map((point) => ({
          id: point.id,
          componentId: point.componentId ?? null,
          quantity: point.contract?.quantity ?? 'other',
          axis: point.contract?.axis ?? null,
          placement: point.contract?.placement ?? null,
        })),
      ),
    [asset, points],
  )
  const rows = useMemo(
    () => ({ above: placeRow(train.sensors, 'above'), below: placeRow(train.sensors, 'below') }),
    [train],
  )
  const shown = calloutValues(values)
  const hidden = train.sensors.length - rows.above.length - rows.below.length
  const levelOf = (id: string) => shown.get(id)?.level ?? 'normal'
  return (
    <>
      <div className="train" style={{ aspectRatio: `${drawing.width} / ${drawing.height}` }}>
        <svg viewBox={`0 0 ${drawing.width} ${drawing.height}`} role="img" aria-label={trainWords(train, asset)}>
          <Shaft train={train} isTurning={runState === 'running' || runState === 'transient'} />
          {train.bodies.map((body) => (
            <BodyShape key={`${body.kind}-${body.x}`} body={body} />
          ))}
          {train.bearings.map((mark) => (
            <g key={mark.componentId} className="train-bearing">
              <title>{mark.label}</title>
              <rect x={mark.x - 9} y={drawing.shaftY - 17} width="18" height="34" rx="2" />
              <path d={`M${mark.x - 9} ${drawing.shaftY - 17}l18 34M${mark.x + 9} ${drawing.shaftY - 17}l-18 34`} />
            </g>
          ))}
          {(['above', 'below'] as const).flatMap((side) =>
            rows[side].map(({ sensor, left }) => (
              <Leader
                key={sensor.pointId}
                sensor={sensor}
                centre={left + calloutWidth / 2}
                level={levelOf(sensor.pointId)}
              />
            )),
          )}
        </svg>
        {(['above', 'below'] as const).flatMap((side) =>
          rows[side].map(({ sensor, left }) => {
            const value = shown.get(sensor.pointId)
            return (
              value && (
                <Callout
                  key={sensor.pointId}
                  value={value}
                  axis={sensor.axis}
                  style={{
                    left: `${(left / drawing.width) * 100}%`,
                    width: `${(calloutWidth / drawing.width) * 100}%`,
                    height: `${(calloutHeight / drawing.height) * 100}%`,
                    ...(side === 'above' ? { top: 0 } : { bottom: 0 }),
                  }}
                />
              )
            )
          }),
        )}
      </div>
      {train.bodies.some((body) => !body.isModelled) && <p className="small muted">{t('machine.notModelled')}</p>}
      {hidden > 0 && <p className="small muted">{t('machine.moreSensors', { count: hidden })}</p>}
    </>
  )
}

function trainWords(train: Train, asset: Asset): string {
  const parts = train.bodies.map((body) => tMaybe(`machine.body.${body.kind}`, body.kind)).join(', ')
  return t('machine.trainWords', { name: asset.name, parts, sensors: train.sensors.length })
}

function Shaft({ train, isTurning }: { train: Train; isTurning: boolean }) {
  const first = train.bodies[0]
  const last = train.bodies.at(-1)
  if (!first || !last) return null
  const x1 = first.x - 14
  // A driven machine closes its end of the shaft; a motor on its own shows it.
  const x2 = last.x + last.width + (last.kind === 'motor' ? 34 : -40)
  return (
    <g>
      <rect x={x1} y={drawing.shaftY - 5} width={x2 - x1} height="10" className="train-shaft" />
      {isTurning && (
        <path d={`M${x1 - 2} ${drawing.shaftY - 18}a18 18 0 1 0 0 36m-6 -4l6 4l-5 6`} className="train-turn" />
      )}
    </g>
  )
}

function Leader({ sensor, centre, level }: { sensor: Sensor; centre: number; level: PointValue['level'] }) {
  const y = sensor.side === 'above' ? calloutHeight : drawing.height - calloutHeight
  const elbow = sensor.side === 'above' ? y + 14 : y - 14
  return (
    <g className={`train-sensor level-${level}`}>
      <path d={`M${sensor.x} ${sensor.y}L${sensor.x} ${elbow}L${centre} ${elbow}L${centre} ${y}`} />
      <rect x={sensor.x - 5} y={sensor.y - 5} width="10" height="10" rx="2" />
    </g>
  )
}
