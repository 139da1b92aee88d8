import { useEffect, useState } from 'react'

/** False for the first `ms`, so that what is quick never flashes a placeholder. */
export function useDelayed(ms: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}
