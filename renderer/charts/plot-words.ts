/** Writes only what differs: each write makes the browser lay out again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Words on a plate across a hatched plot; nothing when there are none. */
export function say(element: HTMLElement, words: string): void {
  const plate = element.firstElementChild
  if (plate instanceof HTMLElement) setText(plate, words)
  element.hidden = words === ''
}
