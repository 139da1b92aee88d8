import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import type { TreeRow } from '../../ui/index.ts'

/** Children of a node as far as they are known: not asked for yet, on their way, there, or refused. */
export type Branch =
  | { state: 'loading' }
  | { state: 'loaded'; entries: readonly BrowseEntry[] }
  | { state: 'failed'; message: string; remedy: string | null }

export interface TreeState {
  branches: ReadonlyMap<string, Branch>
  open: ReadonlySet<string>
}

/** Its key is the path of node ids from the root: one node may hang under several parents. */
export interface NodeRow extends TreeRow {
  parentPath: string
  entry: BrowseEntry
  branch: Branch | null
}

/** Unit separator: cannot occur in a NodeId's printable form. */
const joint = '\u001f'

export function childPath(parentPath: string, nodeId: string): string {
  return `${parentPath}${joint}${nodeId}`
}

/** Rows in view order, depth first. A path that repeats a node of its own ancestry is not opened again (address-space loops). */
export function visibleRows(tree: TreeState, rootPath: string): NodeRow[] {
  const rows: NodeRow[] = []
  const walk = (parentPath: string, level: number): void => {
    const branch = tree.branches.get(parentPath)
    if (branch?.state !== 'loaded') return
    branch.entries.forEach((entry, index) => {
      const path = childPath(parentPath, entry.nodeId)
      const isLoop = parentPath.split(joint).includes(entry.nodeId)
      const isOpen = !isLoop && tree.open.has(path)
      const below = isOpen ? (tree.branches.get(path) ?? null) : null
      const isLeaf = isLoop || !entry.hasChildren || (below?.state === 'loaded' && below.entries.length === 0)
      rows.push({
        key: path,
        parentPath,
        level,
        position: index + 1,
        siblings: branch.entries.length,
        isOpen: isLeaf ? null : isOpen,
        text: entry.displayName,
        entry: isLoop ? { ...entry, hasChildren: false } : entry,
        branch: below,
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
