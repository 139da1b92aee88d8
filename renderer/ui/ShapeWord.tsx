interface ShapeWordProps {
  className: string
  /** Of a field of 20 by 20. */
  path: string
  words: string
}

/** A state as a drawn shape and its words: it reads without colour. */
export function ShapeWord({ className, path, words }: ShapeWordProps) {
  return (
    <span className={`shape-word ${className}`}>
      <svg width="14" height="14" viewBox="0 0 20 20" aria-hidden>
        <path d={path} fill="none" stroke="currentColor" strokeWidth="2.3" />
      </svg>
      {words}
    </span>
  )
}
