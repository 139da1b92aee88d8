import { useEffect, useRef, type RefObject } from 'react'

/**
 * Brings the focus to the first field with a fault whenever a form was refused: `refusals` counts how often, so that a
 * second try with the same fault moves the focus again.
 */
export function useFaultFocus(refusals: number): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement | null>(null)
  useEffect(() => {
    if (refusals === 0) return
    const field = form.current?.querySelector('[aria-invalid="true"]')
    if (field instanceof HTMLElement) field.focus()
  }, [refusals])
  return form
}
