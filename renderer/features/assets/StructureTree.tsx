import { startTransition, useId, useMemo, useRef, useState } from 'react'
import { t, tMaybe, Tree } from '../../ui/index.ts'
import {
  ancestorsOf,
  find,
  plantKey,
  rowsOf,
  type Filter,
  type Structure,
  type StructureNode,
  type StructureRow,
} from './structure.ts'

interface StructureTreeProps {
  structure: Structure
  chosen: string
  edited: ReadonlySet<string>
  onChoose: (key: string) => void
  /** Enter: on into the editor. */
  onEnter: () => void
}

const filters: readonly Filter[] = ['all', 'drafts', 'grey', 'edited']

/** Search above, tree below; arrow down in the search goes to the first hit. */
export function StructureTree({ structure, chosen, edited, onChoose, onEnter }: StructureTreeProps) {
  const search = useId()
  const host = useRef<HTMLDivElement | null>(null)
  const [text, setText] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set([plantKey, chosen, ...ancestorsOf(structure, chosen), ...firstLines(structure)]),
  )
  const [focused, setFocused] = useState(chosen)
  // Typing goes on while the tree follows; whoever goes on into the tree finds it there.
  const [sought, setSought] = useState('')
  const found = useMemo(() => find(structure, sought, filter, edited), [structure, sought, filter, edited])
  const rows = useMemo(() => rowsOf(structure, open, found?.shown ?? null), [structure, open, found])
  const toFirstHit = (): void => {
    setSought(text)
    setFocused(find(structure, text, filter, edited)?.hits[0] ?? focused)
    host.current?.querySelector<HTMLElement>('[role="tree"]')?.focus()
  }
  const toggle = (row: StructureRow, isOpen: boolean): void => {
    const next = new Set(open)
    if (isOpen) next.add(row.key)
    else next.delete(row.key)
    setOpen(next)
  }
  return (
    <div className="structure" ref={host}>
      <div className="structure-find">
        <label htmlFor={search}>{t('assets.find')}</label>
        <input
          id={search}
          className="input"
          type="search"
          autoFocus
          spellCheck={false}
          placeholder={t('assets.findHint')}
          value={text}
          onChange={(event) => {
            const { value } = event.target
            setText(value)
            startTransition(() => setSought(value))
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
            event.preventDefault()
            toFirstHit()
          }}
        />
        <select
          className="input"
          aria-label={t('assets.filter')}
          value={filter}
          onChange={(event) => setFilter(filters.find((one) => one === event.target.value) ?? 'all')}
        >
          {filters.map((one) => (
            <option key={one} value={one}>
              {t(`assets.filters.${one}`)}
            </option>
          ))}
        </select>
      </div>
      <p className="small muted" role="status">
        {found === null ? t('assets.treeKeys') : t('assets.hits', { count: found.hits.length })}
      </p>
      <Tree
        label={t('assets.tree')}
        rows={rows}
        focused={focused}
        chosen={chosen}
        onFocus={(row) => setFocused(row.key)}
        onToggle={toggle}
        onChoose={(row) => {
          onChoose(row.key)
          if (row.isOpen === false && row.node.kind !== 'asset') toggle(row, true)
          if (row.key === chosen) onEnter()
        }}
      >
        {(row) => <NodeLabel node={row.node} isEdited={edited.has(row.key)} />}
      </Tree>
    </div>
  )
}

/** A plant that fits is shown with its lines open; one with hundreds of machines begins with its lines. */
function firstLines({ nodes, machines }: Structure): string[] {
  return machines > 60 ? [] : (nodes.get(plantKey)?.children ?? [])
}

function NodeLabel({ node, isEdited }: { node: StructureNode; isEdited: boolean }) {
  const name = node.kind === 'left' ? t('assets.left') : node.name
  return (
    <>
      <KindMark kind={node.kind} />
      <span className="structure-name">{name}</span>
      <span className="small muted structure-what">{whatOf(node)}</span>
      {node.missing.length > 0 && (
        <span className="mark hatched" title={missingWords(node.missing)}>
          {t('assets.draft', { count: node.missing.length })}
          <span className="visually-hidden">{missingWords(node.missing)}</span>
        </span>
      )}
      {node.isGrey && (
        <span className="mark" title={t('assets.greyHint')}>
          {t('assets.grey')}
        </span>
      )}
      {isEdited && <span className="mark">{t('assets.edited')}</span>}
    </>
  )
}

function missingWords(missing: readonly string[]): string {
  return missing.map((name) => tMaybe(`machine.fact.${name}`, name)).join(', ')
}

function whatOf({ kind, what, children, id }: StructureNode): string {
  if (kind === 'asset') return tMaybe(`machine.family.${what}`, what)
  if (kind === 'component') return tMaybe(`assets.option.component.${what}`, what)
  if (kind === 'point') return tMaybe(`quantity.${what}`, tMaybe(`assets.option.points.kind.${what}`, what))
  if (kind === 'retired') return id
  return kind === 'plant' ? '' : String(children.length)
}

/** Level of the tree by shape: they stay apart in one colour. */
const shapes: Record<StructureNode['kind'], string> = {
  plant: 'M1.500 12.500V5l3.500 2.500V5l3.500 2.500V2h4v10.500z',
  line: 'M1 9.500h12M2.500 9.500V6h3v3.500M8 9.500V6h3v3.500',
  asset: 'M2 4h7v6H2zM9 6h3v3H9z',
  component:
    'M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9zM7 5.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z',
  point: 'M1 7h2.500l1.500-4 2 8 1.500-4H13',
  left: 'M2 4h10M3 4v8h8V4M5.500 7h3',
  retired: 'M3 3l8 8M11 3l-8 8',
}

function KindMark({ kind }: { kind: StructureNode['kind'] }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      role="img"
      aria-label={t(`assets.node.${kind}`)}
      className="structure-kind"
    >
      <path d={shapes[kind]} fill="none" stroke="currentColor" strokeWidth="1.2" />
    </svg>
  )
}
