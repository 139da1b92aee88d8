import type { BrowseEntry } from '../../../shared/protocol/methods.ts'

/** Children of a node as far as they are known: not asked for yet, on their way, there, or refused. */
export type Branch =
  | { state: 'loading' }
  | { state: 'loaded'; entries: readonly BrowseEntry[] }
  | { state: 'failed'; message: string; remedy: string | null }

export interface TreeState {
  branches: ReadonlyMap<string, Branch>
  open: ReadonlySet<string>
}

export interface TreeRow {
  /** Path of node ids from the root: one node may hang under several parents. */
  path: string
  parentPath: string
  level: number
  position: number
  siblings: number
  entry: BrowseEntry
  isOpen: boolean
  branch: Branch | null
}

/** Unit separator: cannot occur in a NodeId's printable form. */
const joint = '\u001f'

export function childPath(parentPath: string, nodeId: string): string {
  return `${parentPath}${joint}${nodeId}`
}

/** Rows in view order, depth first. A path that repeats a node of its own ancestry is not opened again (address-space loops). */
export function visibleRows(tree: TreeState, rootPath: string): TreeRow[] {
  const rows: TreeRow[] = []
  const walk = (parentPath: string, level: number): void => {
    const branch = tree.branches.get(parentPath)
    if (branch?.state !== 'loaded') return
    branch.entries.forEach((entry, index) => {
      const path = childPath(parentPath, entry.nodeId)
      const isLoop = parentPath.split(joint).includes(entry.nodeId)
      const isOpen = !isLoop && tree.open.has(path)
      rows.push({
        path,
        parentPath,
        level,
        position: index + 1,
        siblings: branch.entries.length,
        entry: isLoop ? { ...entry, hasChildren: false } : entry,
        isOpen,
        branch: isOpen ? (tree.branches.get(path) ?? null) : null,
      })
      if (isOpen) walk(path, level + 1)
    })
  }
  walk(rootPath, 1)
  return rows
}

/** The tree with what the server has said of some nodes; rows keep their places. */
export function withDescriptions(
  tree: TreeState,
  paths: ReadonlySet<string>,
  found: ReadonlyMap<string, BrowseEntry>,
): TreeState {
  const branches = new Map(tree.branches)
  for (const path of paths) {
    const branch = branches.get(path)
    if (branch?.state !== 'loaded') continue
    const entries = branch.entries.map((entry) => {
      const said = found.get(entry.nodeId)
      // Names as the list gave them: a node may be called otherwise where it hangs.
      return said ? { ...said, browseName: entry.browseName, displayName: entry.displayName } : entry
    })
    branches.set(path, { state: 'loaded', entries })
  }
  return { ...tree, branches }
}

export type TreeAction =
  | { kind: 'focus'; path: string }
  | { kind: 'open'; path: string }
  | { kind: 'close'; path: string }
  | { kind: 'choose'; path: string }

/** What a key does in the tree (WAI-ARIA tree view pattern); null: not the tree's key. */
export function treeKey(rows: readonly TreeRow[], focused: string | null, key: string): TreeAction | null {
  const at = rows.findIndex((row) => row.path === focused)
  const row = rows[at]
  const focus = (target: TreeRow | undefined): TreeAction | null =>
    target === undefined ? null : { kind: 'focus', path: target.path }
  switch (key) {
    case 'ArrowDown':
      return focus(rows[Math.min(rows.length - 1, at + 1)])
    case 'ArrowUp':
      return focus(rows[Math.max(0, at - 1)])
    case 'Home':
      return focus(rows[0])
    case 'End':
      return focus(rows.at(-1))
    default:
      return row === undefined ? null : rowKey(rows, at, row, key)
  }
}

function rowKey(rows: readonly TreeRow[], at: number, row: TreeRow, key: string): TreeAction | null {
  if (key === 'ArrowRight') {
    if (!row.entry.hasChildren) return null
    const next = rows[at + 1]
    if (!row.isOpen) return { kind: 'open', path: row.path }
    return next?.parentPath === row.path ? { kind: 'focus', path: next.path } : null
  }
  if (key === 'ArrowLeft') {
    if (row.isOpen) return { kind: 'close', path: row.path }
    const parent = rows.find((other) => other.path === row.parentPath)
    return parent === undefined ? null : { kind: 'focus', path: parent.path }
  }
  if (key !== 'Enter' && key !== ' ') return null
  if (row.entry.nodeClass === 'variable') return { kind: 'choose', path: row.path }
  if (!row.entry.hasChildren) return null
  return { kind: row.isOpen ? 'close' : 'open', path: row.path }
}
