import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { useScrollPlace } from './use-scroll-place.ts'
import { rowWindow, scrollFor } from './virtual-rows.ts'

export interface Column<Row> {
  id: string
  title: string
  /** The title is for screen readers only: a column of marks is too narrow for a word. */
  hasHiddenTitle?: boolean
  /** CSS grid track: `120px`, `minmax(80px, 1fr)`. */
  width: string
  align?: 'start' | 'end'
  cell: (row: Row) => ReactNode
}

interface TableProps<Row> {
  label: string
  columns: readonly Column<Row>[]
  /** In the order the caller keeps: a table never reorders rows by itself while values change. */
  rows: readonly Row[]
  idOf: (row: Row) => string
  selectedId: string | null
  onSelect: (row: Row) => void
  /** Enter or double click. */
  onOpen?: (row: Row) => void
  /** Further keys on the selected row (A acknowledge, L label). */
  onKey?: (row: Row, event: KeyboardEvent) => void
  rowClass?: (row: Row) => string
  /** Height of a row where it is not that of ui.css: the rows of a long table are placed by it. */
  rowPx?: number | undefined
}

/** As in ui.css. */
const usualRowPx = 32
/** Shorter tables are drawn whole: 500 rows of nine cells took 130 ms of each frame. */
const mostDrawn = 60

/** False when it is not drawn. */
function focusRow(host: HTMLElement, id: string): boolean {
  const element = host.querySelector(`[data-row="${CSS.escape(id)}"]`)
  if (!(element instanceof HTMLElement)) return false
  element.focus({ preventScroll: true })
  element.scrollIntoView({ block: 'nearest' })
  return true
}

/** Dense table with one selected row: up, down, Home, End, Page keys move it, Enter opens it. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, idOf, selectedId, onSelect, onOpen, onKey, rowClass, rowPx = usualRowPx } = props
  const body = useRef<HTMLDivElement | null>(null)
  const template = columns.map((column) => column.width).join(' ')
  const selectedIndex = rows.findIndex((row) => idOf(row) === selectedId)
  const sight = useScrollPlace(body)
  const goTo = useRef<string | null>(null)
  const isLong = rows.length > mostDrawn
  const drawn = isLong ? rowWindow(sight.topPx, sight.heightPx, rowPx, rows.length) : { first: 0, end: rows.length }

  useLayoutEffect(() => {
    if (goTo.current === null || !body.current) return
    focusRow(body.current, goTo.current)
    goTo.current = null
  })

  const moveTo = (index: number): void => {
    const at = Math.min(rows.length - 1, Math.max(0, index))
    const row = rows[at]
    const host = body.current
    if (!row || !host) return
    // A row that is not drawn yet is brought into sight first, and gets the focus once it is there.
    if (isLong) host.scrollTop = scrollFor(at, host.scrollTop, host.clientHeight, rowPx)
    const id = idOf(row)
    if (!focusRow(host, id)) goTo.current = id
    onSelect(row)
  }

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -rows.length,
      End: rows.length,
    }
    const step = steps[event.key]
    const row = rows[selectedIndex]
    if (step !== undefined) {
      event.preventDefault()
      moveTo(selectedIndex < 0 ? 0 : selectedIndex + step)
    } else if (event.key === 'Enter' && row) onOpen?.(row)
    else if (row) onKey?.(row, event)
  }

  return (
    <div className="table" role="grid" aria-label={label} aria-rowcount={rows.length + 1}>
      <div className="table-head" role="row" style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <span key={column.id} role="columnheader" className={column.align === 'end' ? 'align-end' : ''}>
            {column.hasHiddenTitle === true ? <span className="visually-hidden">{column.title}</span> : column.title}
          </span>
        ))}
      </div>
      <div className="table-body" ref={body} role="rowgroup" onKeyDown={onKeyDown}>
        {isLong && <div className="table-length" style={{ height: rows.length * rowPx }} />}
        {rows.map((row, index) => {
          const id = idOf(row)
          const selected = id === selectedId
          // The selected row has the focus, wherever one scrolls.
          if ((index < drawn.first || index >= drawn.end) && !selected) return null
          return (
            <div
              key={id}
              data-row={id}
              role="row"
              aria-selected={selected}
              aria-rowindex={index + 2}
              tabIndex={selected || (selectedIndex < 0 && index === drawn.first) ? 0 : -1}
              className={`table-row ${isLong ? 'placed' : ''} ${selected ? 'selected' : ''} ${rowClass?.(row) ?? ''}`}
              style={{
                gridTemplateColumns: template,
                ...(isLong ? { top: index * rowPx, height: rowPx } : { minHeight: rowPx }),
              }}
              onClick={() => onSelect(row)}
              onDoubleClick={() => onOpen?.(row)}
            >
              {columns.map((column) => (
                <span key={column.id} role="gridcell" className={column.align === 'end' ? 'align-end' : ''}>
                  {column.cell(row)}
                </span>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
