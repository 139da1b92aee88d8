/** The page's own surroundings; the rest of the renderer asks here instead of touching `window`. */

const darkQuery = '(prefers-color-scheme: dark)'

export const browser = {
  prefersDark: (): boolean => window.matchMedia(darkQuery).matches,

  onPrefersDark(callback: (dark: boolean) => void): () => void {
    const query = window.matchMedia(darkQuery)
    const listen = (event: MediaQueryListEvent): void => callback(event.matches)
    query.addEventListener('change', listen)
    return () => query.removeEventListener('change', listen)
  },

  /** A key or a pointer pressed, or the wheel turned, anywhere in the window. */
  onHand(callback: () => void): () => void {
    const kinds = ['pointerdown', 'keydown', 'wheel'] as const
    for (const kind of kinds) window.addEventListener(kind, callback, { capture: true, passive: true })
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, callback, { capture: true })
    }
  },

  /** Something was typed or chosen in a field. */
  onInput(callback: () => void): () => void {
    window.addEventListener('input', callback, { capture: true, passive: true })
    return () => window.removeEventListener('input', callback, { capture: true })
  },

  reducedMotion: (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches,

  /** A small setting of this window; null when there is none or storage is refused. */
  readSetting(name: string): string | null {
    try {
      return window.localStorage.getItem(`millwright.${name}`)
    } catch {
      return null
    }
  },

  writeSetting(name: string, value: string): void {
    try {
      window.localStorage.setItem(`millwright.${name}`, value)
    } catch {
      // Storage refused: the setting lasts as long as the window.
    }
  },

  hash: (): string => window.location.hash,
  historyState: (): unknown => window.history.state,
  pushHistory: (state: unknown, hash: string): void => window.history.pushState(state, '', hash),
  replaceHistory: (state: unknown, hash: string): void => window.history.replaceState(state, '', hash),
  back: (): void => window.history.back(),
  forward: (): void => window.history.forward(),
  onPopState(callback: () => void): () => void {
    window.addEventListener('popstate', callback)
    window.addEventListener('hashchange', callback)
    return () => {
      window.removeEventListener('popstate', callback)
      window.removeEventListener('hashchange', callback)
    }
  },

  onKeyDown(callback: (event: KeyboardEvent) => void): () => void {
    window.addEventListener('keydown', callback)
    return () => window.removeEventListener('keydown', callback)
  },

  reload: (): void => window.location.reload(),
  pixelRatio: (): number => window.devicePixelRatio,
  copyText: (text: string): Promise<void> => navigator.clipboard.writeText(text),
  copyImage: (png: Blob): Promise<void> => navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]),

  /** A value for the project's own bench and end-to-end tests; the caller makes sure the build is not a packaged one. */
  exposeForTests(name: string, value: unknown): void {
    Object.defineProperty(window, name, { value, configurable: true })
  },
}
