/** State by shape: dot good, half ring waiting, filled square bad. The words beside it carry the meaning. */
export function StatusShape({ kind }: { kind: 'good' | 'waiting' | 'bad' }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden className="status-shape">
      {kind === 'good' && <circle cx="6" cy="6" r="4.5" fill="currentColor" />}
      {kind === 'waiting' && (
        <path
          d="M6 1.5a4.5 4.5 0 0 1 0 9z M6 1.5a4.5 4.5 0 0 0 0 9"
          fill="currentColor"
          fillRule="evenodd"
          stroke="currentColor"
          strokeWidth="1.5"
        />
      )}
      {kind === 'bad' && <path d="M1 1h10v10H1z" fill="var(--high)" />}
    </svg>
  )
}
