import { hasPage } from './PageOf.tsx'
import type { pageNumbers } from '../stores/route.ts'

type NumberedPage = keyof typeof pageNumbers

/** The page that Ctrl+key opens, if it exists. */
export function pageOfNumber(key: string, numbers: typeof pageNumbers): NumberedPage | null {
  for (const page of numberedPages(numbers)) if (String(numbers[page]) === key && hasPage(page)) return page
  return null
}

export function numberedPages(numbers: typeof pageNumbers): NumberedPage[] {
  const order: NumberedPage[] = ['overview', 'machine', 'vibration', 'alerts', 'quality', 'sync', 'settings']
  return order.filter(hasPage).sort((a, b) => numbers[a] - numbers[b])
}

/** F6 moves the focus to the next region of the frame, shift F6 to the previous; within a region to what had it last. */
export function cycleRegions(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')]
  if (regions.length === 0) return
  const at = regions.findIndex((region) => region.contains(document.activeElement))
  const next = regions[(at + step + regions.length) % regions.length] ?? regions[0]
  if (!next) return
  const inside = next.querySelector<HTMLElement>(
    '[aria-selected="true"], [aria-current], button:not(:disabled), a[href], input, [tabindex="0"]',
  )
  ;(inside ?? next).focus()
}
