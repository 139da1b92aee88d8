import { tMaybe } from '../../ui/index.ts'
import { drawing, type Body } from './train-model.ts'

const { shaftY, bodyTop, bodyBottom } = drawing
const half = (bodyBottom - bodyTop) / 2

/** Outlines in the manner of a general arrangement drawing: enough to recognise, nothing to admire. */
export function BodyShape({ body }: { body: Body }) {
  const { kind, isModelled } = body
  const label = labelPlace(body)
  return (
    <g className={`train-body${isModelled ? '' : ' train-assumed'}`}>
      <Outline body={body} />
      {kind !== 'coupling' && kind !== 'belt' && (
        <text x={label.x} y={label.y} textAnchor={label.anchor}>
          {tMaybe(`machine.body.${kind}`, kind)}
        </text>
      )}
    </g>
  )
}

/** Where no sensor, bearing or shaft is drawn: inside a box that fills its place, else below the housing. */
function labelPlace({ kind, x, width }: Body): { x: number; y: number; anchor: 'middle' | 'start' } {
  if (kind === 'pump' || kind === 'fan' || kind === 'compressor')
    return { x: x + 4, y: bodyBottom + 4, anchor: 'start' }
  if (kind === 'conveyor') return { x: x + 20, y: shaftY + 58, anchor: 'start' }
  return { x: x + width / 2, y: bodyBottom - 12, anchor: 'middle' }
}

function Outline({ body: { kind, x, width } }: { body: Body }) {
  const right = x + width
  const middle = x + width / 2
  switch (kind) {
    case 'motor':
      return (
        <>
          <rect x={x} y={bodyTop} width={width} height={bodyBottom - bodyTop} rx="6" />
          <path d={fins(x + 46, right - 46)} className="train-detail" />
          <rect x={middle - 24} y={bodyTop - 14} width="48" height="14" rx="2" />
          <path d={`M${x + 30} ${bodyBottom}l-10 14h40l-10-14M${right - 50} ${bodyBottom}l-10 14h40l-10-14`} />
        </>
      )
    case 'coupling':
      return (
        <>
          <rect x={x + 8} y={shaftY - 30} width={width / 2 - 11} height="60" rx="2" />
          <rect x={middle + 3} y={shaftY - 30} width={width / 2 - 11} height="60" rx="2" />
        </>
      )
    case 'belt':
      return (
        <>
          <rect x={x + 6} y={shaftY - 36} width="16" height="72" rx="2" />
          <rect x={right - 22} y={shaftY - 48} width="16" height="96" rx="2" />
          <path
            d={`M${x + 14} ${shaftY - 36}L${right - 14} ${shaftY - 48}M${x + 14} ${shaftY + 36}L${right - 14} ${shaftY + 48}`}
          />
        </>
      )
    case 'pump': {
      // The volute sits at the far end, the bearing housing reaches from the coupling into it.
      const centre = right - half - 22
      return (
        <>
          <rect x={x} y={shaftY - 32} width={centre - x} height="64" rx="3" />
          <path d={`M${centre + half - 20} ${shaftY - 30}V${bodyTop - 20}h20V${shaftY}`} />
          <circle cx={centre} cy={shaftY} r={half} />
          <circle cx={centre} cy={shaftY} r="22" className="train-detail" />
          <rect x={centre + half} y={shaftY - 16} width="22" height="32" />
        </>
      )
    }
    case 'fan': {
      const centre = right - half - 8
      return (
        <>
          <rect x={x} y={shaftY - 28} width={centre - x} height="56" rx="3" />
          <circle cx={centre} cy={shaftY} r={half + 8} />
          <path d={blades(centre)} className="train-detail" />
        </>
      )
    }
    case 'compressor':
      return (
        <>
          <path d={`M${x} ${shaftY - 34}L${right} ${bodyTop}V${bodyBottom}L${x} ${shaftY + 34}Z`} />
          <path
            d={`M${x + width / 3} ${shaftY - 40}v80M${x + (2 * width) / 3} ${shaftY - 48}v96`}
            className="train-detail"
          />
        </>
      )
    case 'conveyor':
      return (
        <>
          <rect x={x} y={shaftY - 40} width={width} height="80" rx="40" />
          <circle cx={x + 40} cy={shaftY} r="30" className="train-detail" />
          <circle cx={right - 40} cy={shaftY} r="30" className="train-detail" />
        </>
      )
    case 'gearbox':
      return (
        <>
          <rect x={x} y={bodyTop} width={width} height={bodyBottom - bodyTop} rx="4" />
          <circle cx={middle - width * 0.17} cy={shaftY - 8} r={width * 0.19} className="train-detail" />
          <circle cx={middle + width * 0.2} cy={shaftY - 8} r={width * 0.13} className="train-detail" />
        </>
      )
    case 'vessel':
      return <rect x={x} y={bodyTop - 10} width={width} height={bodyBottom - bodyTop + 20} rx="34" />
    case 'machine':
      return <rect x={x} y={bodyTop} width={width} height={bodyBottom - bodyTop} rx="4" />
  }
}

function fins(from: number, to: number): string {
  let path = ''
  for (let y = bodyTop + 14; y <= bodyBottom - 30; y += 12) if (Math.abs(y - shaftY) > 10) path += `M${from} ${y}H${to}`
  return path
}

function blades(cx: number): string {
  return [0, 60, 120, 180, 240, 300]
    .map((degrees) => {
      const angle = (degrees * Math.PI) / 180
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
      return `M${cx + 10 * cos} ${shaftY + 10 * sin}L${cx + 52 * cos} ${shaftY + 52 * sin}`
    })
    .join('')
}
