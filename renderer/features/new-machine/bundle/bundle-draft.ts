import type { BundleSite } from '../../../../shared/domain/bundle.ts'
import { idFrom } from '../../../../shared/lib/names.ts'
import type { BundleFacts } from '../../../../shared/protocol/bundle.ts'

/** One machine of a bundle as this site would have it; empty where nothing is said yet. */
export interface MachineDraft {
  from: string
  isTaken: boolean
  name: string
  /** null: follows the name. */
  id: string | null
  lineId: string
  serial: string
  /** A NodeId with `{asset}` and `{point}`. */
  nodePattern: string
  /** Those that do not follow the pattern. */
  nodes: Readonly<Record<string, string>>
  without: ReadonlySet<string>
}

export interface BundleDraft {
  serverId: string
  machines: readonly MachineDraft[]
}

export function emptyBundleDraft(
  facts: BundleFacts,
  { lineId, serverId, nodePattern }: { lineId: string; serverId: string; nodePattern: string },
): BundleDraft {
  return {
    serverId,
    machines: facts.machines.map(({ id: from }, index) => ({
      from,
      isTaken: index === 0,
      name: '',
      id: null,
      lineId,
      serial: '',
      nodePattern,
      nodes: {},
      without: new Set(),
    })),
  }
}

export function machineIdOf({ id, name }: MachineDraft): string {
  return (id ?? idFrom(name)).trim()
}

export function nodeIdOf(draft: MachineDraft, point: string): string {
  const own = draft.nodes[point]
  if (own !== undefined) return own
  return draft.nodePattern.trim().replaceAll('{asset}', machineIdOf(draft)).replaceAll('{point}', point)
}

/** What the site says by now; null until every machine that is taken has a name and a place. */
export function siteOf({ serverId, machines }: BundleDraft): Omit<BundleSite, 'server'> | null {
  const taken = machines.filter(({ isTaken }) => isTaken)
  const isNamed = taken.every((draft) => draft.name.trim() !== '' && machineIdOf(draft) !== '' && draft.lineId !== '')
  if (taken.length === 0 || !isNamed || serverId === '') return null
  return {
    schema: 'millwright/bundle-site@1',
    serverId,
    machines: taken.map((draft) => {
      const { from, name, lineId, serial, nodePattern, nodes, without } = draft
      const said = Object.entries(nodes).filter(([, node]) => node.trim() !== '')
      return {
        from,
        id: machineIdOf(draft),
        name: name.trim(),
        lineId,
        ...(serial.trim() === '' ? {} : { identity: { serial: serial.trim() } }),
        ...(nodePattern.trim() === '' ? {} : { nodePattern: nodePattern.trim() }),
        ...(said.length === 0 ? {} : { nodes: Object.fromEntries(said.map(([point, node]) => [point, node.trim()])) }),
        ...(without.size === 0 ? {} : { without: [...without] }),
      }
    }),
  }
}
