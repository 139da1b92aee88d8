import type { KeyboardEvent, MouseEvent, ReactNode, RefObject } from 'react'
import { browser } from '../bridge/browser.ts'
import { t } from '../ui/text.ts'
import './charts.css'
import type { Figure } from './figure.ts'
import { PlotSays } from './PlotSays.tsx'
import type { CursorKey } from './spectrum-keys.ts'

/** What a desk can ask of a plot that stands. */
export interface PlotControl {
  key: (event: CursorKey) => boolean
  /** The readout as lines of text; empty without a cursor. */
  text: () => string
  figure: (title: string) => Figure | null
  canvas: () => HTMLCanvasElement | null
  /** Reading under the cursor, for a mark that is stored; null where there is none. */
  marked: () => { at: number; value: number; unit: string } | null
}

/** Where a menu was asked for, in pixels of the window. */
export interface MenuPlace {
  x: number
  y: number
}

interface PlotSectionProps {
  section: RefObject<HTMLElement | null>
  control: RefObject<PlotControl | null>
  label: string
  isShort: boolean
  shortcuts: string
  /** In the place of a title: what is shown. */
  head: ReactNode
  tools: ReactNode
  onCopied: () => void
  onKey?: ((event: KeyboardEvent) => boolean) | undefined
  onMenu?: ((at: MenuPlace) => void) | undefined
}

/** The frame of a plot on the desk: what it is, its tools when it has the focus, the readout in its corner. */
export function PlotSection(props: PlotSectionProps) {
  const { section, control, label, isShort, shortcuts, head, tools, onCopied, onKey, onMenu } = props
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return
    if (event.ctrlKey && event.key.toLowerCase() === 'c') {
      const text = control.current?.text() ?? ''
      if (text !== '') browser.copyText(text).then(onCopied, () => undefined)
      return
    }
    if (onKey?.(event) === true) {
      event.preventDefault()
      return
    }
    // Other shortcuts with control or alt belong to the application; those with an arrow are the cursor's.
    if ((event.ctrlKey || event.altKey) && !event.key.startsWith('Arrow')) return
    if (control.current?.key(event) === true) {
      event.preventDefault()
      event.stopPropagation()
    }
  }
  // The menu key and Shift+F10 come as this event too, at no place of the pointer's.
  const onContextMenu = (event: MouseEvent): void => {
    if (!onMenu || (event.target instanceof Element && event.target.closest('select, input, button'))) return
    event.preventDefault()
    onMenu(menuPlace(event, section.current))
  }
  return (
    <section
      ref={section}
      className={isShort ? 'plot plot-desk plot-short' : 'plot plot-desk'}
      tabIndex={0}
      aria-label={label}
      aria-keyshortcuts={shortcuts}
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
    >
      <header className="plot-head">
        {head}
        <span className="plot-middle">
          <span className="plot-mark" data-part="mark" />
          <span className="plot-tools">{tools}</span>
        </span>
      </header>
      <span className="plot-readout" data-part="readout" aria-live="off" />
      <p className="plot-statistics" data-part="statistics" hidden />
      <div className="plot-body" data-part="body">
        <PlotSays />
      </div>
    </section>
  )
}

/** By the keyboard, the middle of the plot. */
export function menuPlace(event: MouseEvent, section: HTMLElement | null): MenuPlace {
  const box = section?.getBoundingClientRect()
  const { clientX: x, clientY: y, button } = event
  const byPointer = button === 2 && box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
  if (byPointer || !box) return { x, y }
  return { x: box.left + box.width / 2, y: box.top + box.height / 3 }
}

export function partsOf(
  element: HTMLElement | null,
): Record<'body' | 'mark' | 'says' | 'readout' | 'statistics', HTMLElement> | null {
  const part = (name: string): HTMLElement | null => element?.querySelector(`[data-part="${name}"]`) ?? null
  const [body, mark, says, readout, statistics] = [
    part('body'),
    part('mark'),
    part('says'),
    part('readout'),
    part('statistics'),
  ]
  return body && mark && says && readout && statistics ? { body, mark, says, readout, statistics } : null
}

interface KeyToolsProps {
  keys: readonly KeyTool[]
  section: RefObject<HTMLElement | null>
  control: RefObject<PlotControl | null>
}

export interface KeyTool {
  key: string
  name: 'harmonics' | 'sidebands' | 'peak' | 'difference' | 'band' | 'all' | 'selection'
}

/** The keys of a plot as buttons, for the mouse and for who does not know them yet. */
export function KeyTools({ keys, section, control }: KeyToolsProps) {
  return keys.map(({ key, name }) => (
    <button
      key={key}
      type="button"
      className="button button-quiet plot-key"
      aria-label={t(`plot.tool.${name}`)}
      title={t(`plot.tool.${name}Hint`)}
      onClick={() => {
        control.current?.key({ key, ctrlKey: false })
        section.current?.focus()
      }}
    >
      {key.toUpperCase()}
    </button>
  ))
}
