import { useRef, type KeyboardEvent, type ReactNode } from 'react'

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
}

/** Dense table with one selected row: up, down, Home, End, Page keys move it, Enter opens it. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, idOf, selectedId, onSelect, onOpen, onKey, rowClass } = props
  const body = useRef<HTMLDivElement | null>(null)
  const template = columns.map((column) => column.width).join(' ')
  const selectedIndex = rows.findIndex((row) => idOf(row) === selectedId)

  const moveTo = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))]
    if (!row) return
    onSelect(row)
    const element = body.current?.querySelector(`[data-row="${CSS.escape(idOf(row))}"]`)
    if (element instanceof HTMLElement) {
      element.focus()
      element.scrollIntoView({ block: 'nearest' })
    }
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
        {rows.map((row, index) => {
          const id = idOf(row)
          const selected = id === selectedId
          return (
            <div
              key={id}
              data-row={id}
              role="row"
              aria-selected={selected}
              aria-rowindex={index + 2}
              tabIndex={selected || (selectedIndex < 0 && index === 0) ? 0 : -1}
              className={`table-row ${selected ? 'selected' : ''} ${rowClass?.(row) ?? ''}`}
              style={{ gridTemplateColumns: template }}
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
