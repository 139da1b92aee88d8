import { useEffect, useRef, type RefObject } from 'react'
import { recall, remember, useHistoryEntry } from './router.ts'

/**
 * A scrolling element that stands where it stood when its page is come back to. The position is tried again while the
 * content grows, because rows arrive after the first frame.
 */
export function useRememberedScroll<E extends HTMLElement>(
  name: string,
  /** The element's own, where somebody else looks at it as well. */
  given?: RefObject<E | null>,
): RefObject<E | null> {
  const own = useRef<E | null>(null)
  const ref = given ?? own
  const entry = useHistoryEntry()
  useEffect(() => {
    const element = ref.current
    if (!element) return undefined
    const stored = recall(entry, name)
    let wanted = typeof stored === 'number' ? stored : 0
    const restore = (): void => {
      if (wanted <= 0) return
      element.scrollTop = wanted
      if (Math.abs(element.scrollTop - wanted) < 1) wanted = 0
    }
    const observer = new ResizeObserver(restore)
    const follow = (): void => {
      for (const child of element.children) observer.observe(child)
      restore()
    }
    // What is measured first has no content yet when it is shown.
    const growth = new MutationObserver(follow)
    growth.observe(element, { childList: true })
    follow()
    const listen = (): void => {
      if (wanted <= 0) remember(entry, name, element.scrollTop)
    }
    const touched = (): void => {
      wanted = 0
    }
    element.addEventListener('scroll', listen, { passive: true })
    element.addEventListener('wheel', touched, { passive: true })
    element.addEventListener('keydown', touched)
    return () => {
      observer.disconnect()
      growth.disconnect()
      element.removeEventListener('scroll', listen)
      element.removeEventListener('wheel', touched)
      element.removeEventListener('keydown', touched)
    }
  }, [entry, name, ref])
  return ref
}
