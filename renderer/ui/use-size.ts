import { useLayoutEffect, useRef, useState, type RefObject } from 'react'

export interface Size {
  widthPx: number
  heightPx: number
}

/** Content size of an element, followed while it lives; null before the first layout. */
export function useSize<E extends HTMLElement>(): [RefObject<E | null>, Size | null] {
  const ref = useRef<E | null>(null)
  const [size, setSize] = useState<Size | null>(null)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return undefined
    const read = (): void => {
      const widthPx = element.clientWidth
      const heightPx = element.clientHeight
      setSize((before) =>
        before?.widthPx === widthPx && before.heightPx === heightPx ? before : { widthPx, heightPx },
      )
    }
    read()
    const observer = new ResizeObserver(read)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, size]
}
