import { useLayoutEffect, useState, type RefObject } from 'react'

export interface ScrollPlace {
  topPx: number
  heightPx: number
}

/** Scrolling is followed in steps, so that a list is not rendered anew for each pixel. */
const stepPx = 96
/** Before the first layout: no more than a large screen holds. */
const unknown: ScrollPlace = { topPx: 0, heightPx: 1200 }

/**
 * What of a scrolling element's content is in sight, to a step of 96 px: what is drawn has to reach so much further down. An
 * element that does not scroll itself is as high as its content, and all of it is in sight.
 */
export function useScrollPlace(ref: RefObject<HTMLElement | null>): ScrollPlace {
  const [place, setPlace] = useState(unknown)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return undefined
    const read = (): void => {
      const topPx = Math.floor(element.scrollTop / stepPx) * stepPx
      const heightPx = element.clientHeight + stepPx
      setPlace((before) => (before.topPx === topPx && before.heightPx === heightPx ? before : { topPx, heightPx }))
    }
    read()
    const observer = new ResizeObserver(read)
    observer.observe(element)
    element.addEventListener('scroll', read, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', read)
    }
  }, [ref])
  return place
}
