import type { LinkPhase } from '../../../shared/domain/intake.ts'

/** State by shape: a dot connected, a ring on its way or at rest, a triangle where somebody has to look. */
export function PhaseShape({ phase }: { phase: LinkPhase }) {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden className="phase-shape">
      {phase === 'connected' && <circle cx="7" cy="7" r="5" fill="currentColor" />}
      {(phase === 'connecting' || phase === 'stopped') && (
        <circle cx="7" cy="7" r="4.500" fill="none" stroke="currentColor" strokeWidth="1.500" />
      )}
      {(phase === 'lost' || phase === 'refused') && (
        <path
          d="M7 1.500L13 12.500H1zM7 5.500v3.500M7 10.300v1.200"
          fill="none"
          stroke="var(--high)"
          strokeWidth="1.500"
        />
      )}
    </svg>
  )
}
