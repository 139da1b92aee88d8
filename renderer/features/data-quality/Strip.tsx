import type { AuditSegment, SegmentState } from '../../../shared/domain/audit.ts'
import { t } from '../../ui/index.ts'
import { placeIn } from './quality-model.ts'

interface Window {
  fromUs: number
  toUs: number
}

interface StripProps {
  label: string
  window: Window
  segments: readonly AuditSegment[]
}

/** What the tag delivered over the window; each state has a shade and a texture of its own. */
export function CoverStrip({ label, window, segments }: StripProps) {
  return (
    <div className="quality-strip quality-cover" role="img" aria-label={label}>
      {segments.map(({ fromUs, toUs, state }) => (
        <Piece key={`${fromUs}${state}`} fromUs={fromUs} toUs={toUs} window={window} className={`cover-${state}`} />
      ))}
    </div>
  )
}

/** When one finding held. */
export function FindingStrip({
  label,
  window,
  fromUs,
  toUs,
}: {
  label: string
  window: Window
  fromUs: number
  toUs: number
}) {
  return (
    <div className="quality-strip" role="img" aria-label={label}>
      <Piece fromUs={fromUs} toUs={toUs} window={window} className="quality-when" />
    </div>
  )
}

function Piece({
  fromUs,
  toUs,
  window,
  className,
}: {
  fromUs: number
  toUs: number
  window: Window
  className: string
}) {
  const { left, width } = placeIn(fromUs, toUs, window)
  return <i className={className} style={{ left: `${left}%`, width: `${width}%` }} />
}

const told: readonly SegmentState[] = ['accepted', 'rejected', 'gap', 'unexplained', 'not-due']

export function CoverKey({ segments }: { segments: readonly AuditSegment[] }) {
  const there = new Set(segments.map(({ state }) => state))
  return (
    <ul className="quality-key">
      {told
        .filter((state) => there.has(state))
        .map((state) => (
          <li key={state}>
            <i className={`cover-${state}`} aria-hidden />
            {t(`dataQuality.segment.${state}`)}
          </li>
        ))}
    </ul>
  )
}
