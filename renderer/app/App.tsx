import { useEffect } from 'react'
import { browser } from '../bridge/browser.ts'
import { pageNumbers } from '../stores/route.ts'
import { navigate, useHistoryEntry, useRoute } from '../stores/router.ts'
import { useRememberedScroll } from '../stores/scroll.ts'
import { toast } from '../stores/toasts.ts'
import { typed, undo, undoIsOfText } from '../stores/undo.ts'
import { t, Toasts } from '../ui/index.ts'
import './app.css'
import { AdviceBand } from './AdviceBand.tsx'
import { AlertBanner } from './AlertBanner.tsx'
import { EngineBand } from './EngineBand.tsx'
import { Header } from './Header.tsx'
import { Nav } from './Nav.tsx'
import { PageOf } from './PageOf.tsx'
import { Palette } from './Palette.tsx'
import { cycleRegions, pageOfNumber } from './shortcuts.ts'
import { paletteStore } from './palette-store.ts'

function onKeyDown(event: KeyboardEvent): void {
  if (event.key === 'F6') {
    event.preventDefault()
    cycleRegions(event.shiftKey ? -1 : 1)
    return
  }
  if (!event.ctrlKey || event.altKey || event.metaKey) return
  if (event.key.toLowerCase() === 'k') {
    event.preventDefault()
    paletteStore.setState({ open: true })
    return
  }
  if (event.key.toLowerCase() === 'z' && !event.shiftKey && !(isTyping(event.target) && undoIsOfText())) {
    event.preventDefault()
    void takeBack()
    return
  }
  const page = pageOfNumber(event.key, pageNumbers)
  if (page) {
    event.preventDefault()
    navigate({ page })
  }
}

/** There Ctrl+Z belongs to the text, while any was typed since the last edit was saved. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}

async function takeBack(): Promise<void> {
  const done = await undo((what) => t('undo.reason', { what }))
  if (done === null) return
  const { what, failure } = done
  if (failure === null) toast('done', t('undo.done', { what }))
  else toast('failed', t('undo.refused', { what, message: failure.message }))
}

export function App() {
  useEffect(() => browser.onKeyDown(onKeyDown), [])
  useEffect(() => browser.onInput(typed), [])
  const route = useRoute()
  const entry = useHistoryEntry()
  return (
    <div className="app">
      <Header />
      <AlertBanner />
      <div className="app-bands">
        <EngineBand />
        <AdviceBand />
      </div>
      <Nav current={route.page} />
      <PageRegion key={entry} />
      <Palette />
      <Toasts />
    </div>
  )
}

/** A new history entry is a new page: what it remembers is read afresh. */
function PageRegion() {
  const route = useRoute()
  const scroll = useRememberedScroll<HTMLElement>('page')
  return (
    <main className="app-page" data-region data-page={route.page} tabIndex={-1} ref={scroll}>
      <PageOf route={route} />
    </main>
  )
}
