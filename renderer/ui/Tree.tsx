import { useEffect, useId, useRef, useState } from 'react'
import type { HTMLAttributes, KeyboardEvent, ReactNode, RefObject } from 'react'
import { useSize } from './use-size.ts'
import { rowWindow, scrollFor } from './virtual-rows.ts'

export interface TreeRow {
  key: string
  level: number
  /** 1 is the first of `siblings`. */
  position: number
  siblings: number
  /** null: nothing below it. */
  isOpen: boolean | null
  /** What typing jumps to. */
  text: string
}

interface TreeProps<Row extends TreeRow> {
  label: string
  /** In view order: only what is open. */
  rows: readonly Row[]
  /** The row the keyboard is on. */
  focused: string | null
  chosen: string | null
  onFocus: (row: Row) => void
  onToggle: (row: Row, isOpen: boolean) => void
  /** Enter, or a click. */
  onChoose: (row: Row) => void
  /** What else is on the element of a row: a title, what it is dragged as. */
  itemProps?: (row: Row) => Pick<HTMLAttributes<HTMLElement>, 'title' | 'draggable' | 'onDragStart'>
  /** After each drawing: the rows in view. */
  onView?: (rows: readonly Row[]) => void
  children: (row: Row) => ReactNode
}

/** As in ui.css: rows outside the view are not drawn, so it has to be known. */
const rowPx = 26
/** Letters typed within this time belong to one word. */
const wordMs = 700

/**
 * Tree after the WAI-ARIA pattern: arrows, Home, End, letters that jump. Only the rows in view
 * exist, so the focus stays on the tree and `aria-activedescendant` says where it is.
 */
export function Tree<Row extends TreeRow>(props: TreeProps<Row>) {
  const { label, rows, focused, chosen, onFocus, onToggle, onChoose, itemProps, onView, children } = props
  const id = useId()
  const [host, size] = useSize<HTMLDivElement>()
  const [scrollTopPx, setScrollTopPx] = useState(0)
  const typed = useRef({ word: '', atMs: 0 })
  const heightPx = size?.heightPx ?? 400
  const view = rowWindow(scrollTopPx, heightPx, rowPx, rows.length)
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === focused),
  )
  const drawn = rows.slice(view.first, view.end)
  useEffect(() => onView?.(drawn))
  // Opened by an address or by a search: the row is brought into view once it is there.
  const isThere = rows[at]?.key === focused
  useEffect(() => {
    if (isThere) reveal(host, at)
  }, [host, isThere, at])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const action = treeKey(rows, at, event.key, heightPx / rowPx)
    if (action) {
      event.preventDefault()
      const row = rows[action.index]
      if (!row) return
      if (action.kind === 'focus') onFocus(row)
      else if (action.kind === 'choose') onChoose(row)
      else onToggle(row, action.kind === 'open')
      return
    }
    if (event.key.length !== 1 || event.key === ' ') return
    event.preventDefault()
    const word = event.timeStamp - typed.current.atMs < wordMs ? typed.current.word + event.key : event.key
    typed.current = { word, atMs: event.timeStamp }
    const row = rows[jump(rows, at, word)]
    if (row) onFocus(row)
  }
  return (
    <div
      className="ui-tree"
      role="tree"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={rows.length === 0 ? undefined : `${id}-${at}`}
      ref={host}
      onKeyDown={onKeyDown}
      onScroll={(event) => setScrollTopPx(event.currentTarget.scrollTop)}
    >
      <div style={{ height: view.beforePx }} />
      {drawn.map((row, offset) => {
        const index = view.first + offset
        return (
          <TreeItem
            key={row.key}
            id={`${id}-${index}`}
            row={row}
            isChosen={row.key === chosen}
            isEntry={index === at}
            props={itemProps?.(row) ?? {}}
            onToggle={() => onToggle(row, row.isOpen === false)}
            onChoose={() => {
              onFocus(row)
              onChoose(row)
            }}
          >
            {children(row)}
          </TreeItem>
        )
      })}
      <div style={{ height: view.afterPx }} />
    </div>
  )
}

function reveal(host: RefObject<HTMLDivElement | null>, at: number): void {
  if (host.current) host.current.scrollTop = scrollFor(at, host.current.scrollTop, host.current.clientHeight, rowPx)
}

interface TreeItemProps {
  id: string
  row: TreeRow
  isChosen: boolean
  /** The keyboard is on it. */
  isEntry: boolean
  props: HTMLAttributes<HTMLElement>
  onToggle: () => void
  onChoose: () => void
  children: ReactNode
}

function TreeItem({ id, row, isChosen, isEntry, props, onToggle, onChoose, children }: TreeItemProps) {
  const { level, position, siblings, isOpen } = row
  return (
    <div
      {...props}
      id={id}
      role="treeitem"
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-expanded={isOpen ?? undefined}
      aria-selected={isChosen}
      className={`ui-tree-item${isChosen ? ' chosen' : ''}${isEntry ? ' entry' : ''}`}
      style={{ paddingLeft: 4 + (level - 1) * 16 }}
      onClick={onChoose}
    >
      <svg
        width="14"
        height="14"
        viewBox="0 0 14 14"
        aria-hidden
        className="ui-tree-twisty"
        onClick={(event) => {
          if (isOpen === null) return
          event.stopPropagation()
          onToggle()
        }}
      >
        {isOpen !== null && <path d={isOpen ? 'M2 4.5h10L7 10.5z' : 'M4.5 2v10L10.5 7z'} fill="currentColor" />}
      </svg>
      {children}
    </div>
  )
}

interface TreeAction {
  kind: 'focus' | 'open' | 'close' | 'choose'
  index: number
}

/** What a key does; null: it is not the tree's. */
export function treeKey(rows: readonly TreeRow[], at: number, key: string, pageRows: number): TreeAction | null {
  const row = rows[at]
  const last = rows.length - 1
  const moves: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: last,
    PageDown: at + Math.max(1, Math.floor(pageRows) - 1),
    PageUp: at - Math.max(1, Math.floor(pageRows) - 1),
  }
  const to = moves[key]
  if (to !== undefined) return { kind: 'focus', index: Math.min(last, Math.max(0, to)) }
  if (!row) return null
  switch (key) {
    case 'ArrowRight':
      if (row.isOpen === false) return { kind: 'open', index: at }
      return row.isOpen && (rows[at + 1]?.level ?? 0) > row.level ? { kind: 'focus', index: at + 1 } : null
    case 'ArrowLeft': {
      if (row.isOpen) return { kind: 'close', index: at }
      const parent = rows.slice(0, at).findLastIndex((other) => other.level < row.level)
      return parent < 0 ? null : { kind: 'focus', index: parent }
    }
    case 'Enter':
    case ' ':
      return { kind: 'choose', index: at }
    default:
      return null
  }
}

/** The next row that begins with the word; one letter again goes to the next one with that letter. */
export function jump(rows: readonly TreeRow[], at: number, word: string): number {
  const typed = word.toLocaleLowerCase()
  const first = typed.charAt(0)
  const isOneLetter = typed === first.repeat(typed.length)
  const wanted = isOneLetter ? first : typed
  const from = isOneLetter ? at + 1 : at
  for (let step = 0; step < rows.length; step++) {
    const index = (from + step) % rows.length
    if (rows[index]?.text.toLocaleLowerCase().startsWith(wanted)) return index
  }
  return at
}
