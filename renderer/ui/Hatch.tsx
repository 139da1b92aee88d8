import type { ReactNode } from 'react'

/** Marks what it holds as not to be trusted at present, and says why in words. */
export function Hatch({ words, children }: { words: string; children?: ReactNode }) {
  return (
    <div className="hatch hatched">
      {children}
      <span className="hatch-words">{words}</span>
    </div>
  )
}
