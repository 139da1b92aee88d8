import {
  BrowseDirection,
  type BrowseResult,
  type ClientSession,
  NodeClass,
  type NodeId,
  type ReferenceDescription,
} from 'node-opcua-client'
import { type OperationLimits, stepOf } from './browse-properties.ts'
import { within } from './deadline.ts'
import { addressOf } from './node-address.ts'

export interface FoundNode {
  nodeId: string
  browseName: string
  displayName: string
  nodeClass: string
  /** Display names from the Objects folder down, without the node's own. */
  path: string[]
}

export interface SearchResult {
  nodes: FoundNode[]
  /** All that match, also those beyond the limit. */
  matches: number
  /** Nodes looked at. */
  searched: number
  /** False when the server has more nodes than are looked at. */
  complete: boolean
}

const wait = 15_000
const mostNodes = 200_000
const longestWalkMs = 30_000
const objectsFolder = 'i=85'
/** The server's description of itself and its node classes: nobody maps them. */
const serverObject = 'i=2253'

interface Entry {
  nodeId: string
  browseName: string
  displayName: string
  nodeClass: string
  parent: number
  /** Both names and the NodeId in lower case, for the search. */
  text: string
}

/**
 * Names of the whole address space, walked once and kept: a search then costs a scan of strings, not thousands of calls.
 * Objects are walked into; the components of variables (there are few, and properties many) are not.
 */
export class BrowseIndex {
  readonly #entries: Entry[] = []
  complete = true

  static async build(
    session: ClientSession,
    namespaces: readonly string[],
    limits: OperationLimits,
  ): Promise<BrowseIndex> {
    const index = new BrowseIndex()
    await index.#walk(session, namespaces, limits)
    return index
  }

  /** Nodes with every word of `text` in their name or NodeId; variables and short paths first. */
  search(text: string, limit: number): SearchResult {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean)
    const hits: number[] = []
    for (const [i, entry] of this.#entries.entries()) if (words.every((word) => entry.text.includes(word))) hits.push(i)
    const rank = (i: number): number => {
      const entry = this.#entries[i]
      if (!entry) return 3
      const name = entry.displayName.toLowerCase()
      return (entry.nodeClass === 'Variable' ? 0 : 1) + (words.some((word) => name.startsWith(word)) ? 0 : 0.5)
    }
    hits.sort((a, b) => rank(a) - rank(b) || a - b)
    return {
      nodes: hits.slice(0, limit).flatMap((i) => this.#found(i) ?? []),
      matches: hits.length,
      searched: this.#entries.length,
      complete: this.complete,
    }
  }

  #found(index: number): FoundNode | null {
    const entry = this.#entries[index]
    if (!entry) return null
    const path: string[] = []
    for (let at = this.#entries[entry.parent]; at; at = this.#entries[at.parent]) path.unshift(at.displayName)
    const { nodeId, browseName, displayName, nodeClass } = entry
    return { nodeId, browseName, displayName, nodeClass, path }
  }

  async #walk(session: ClientSession, namespaces: readonly string[], limits: OperationLimits): Promise<void> {
    const untilMs = performance.now() + longestWalkMs
    const seen = new Set([objectsFolder, serverObject])
    let level: { nodeId: NodeId | string; parent: number }[] = [{ nodeId: objectsFolder, parent: -1 }]
    const step = stepOf(limits.nodesPerBrowse)
    session.requestedMaxReferencesPerNode = 1_000
    while (level.length > 0) {
      const next: typeof level = []
      for (let first = 0; first < level.length; first += step) {
        const part = level.slice(first, first + step)
        const results = await within(wait, 'searching', session.browse(part.map(({ nodeId }) => childrenOf(nodeId))))
        for (const [i, result] of results.entries()) {
          for (const reference of await allOf(session, result)) {
            const at = this.#add(reference, namespaces, part[i]?.parent ?? -1, seen)
            if (at !== null && NodeClass[reference.nodeClass] === 'Object')
              next.push({ nodeId: reference.nodeId, parent: at })
          }
          if (this.#entries.length >= mostNodes || performance.now() > untilMs) {
            this.complete = false
            return
          }
        }
      }
      level = next
    }
  }

  #add(
    reference: ReferenceDescription,
    namespaces: readonly string[],
    parent: number,
    seen: Set<string>,
  ): number | null {
    const nodeId = addressOf(reference.nodeId, namespaces, reference.nodeId.namespaceUri)
    // A node may hang under several parents, and trees may have loops: the first way to it counts.
    if (seen.has(nodeId)) return null
    seen.add(nodeId)
    const browseName = reference.browseName.name ?? ''
    const displayName = reference.displayName.text ?? browseName
    const text = `${displayName}\n${browseName}\n${nodeId}`.toLowerCase()
    const nodeClass = NodeClass[reference.nodeClass] ?? 'Unspecified'
    return this.#entries.push({ nodeId, browseName, displayName, nodeClass, parent, text }) - 1
  }
}

/** Everything below but properties: Organizes and Aggregates without HasProperty. */
function childrenOf(nodeId: NodeId | string) {
  return {
    nodeId,
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: 'HierarchicalReferences',
    includeSubtypes: true,
    // Objects and variables (OPC 10000-4, 5.9.2.2).
    nodeClassMask: 3,
    // Node class, browse name, display name, and the reference's type.
    resultMask: 1 + 4 + 8 + 16,
  }
}

const hasProperty = 46

async function allOf(session: ClientSession, first: BrowseResult): Promise<ReferenceDescription[]> {
  const references = [...(first.references ?? [])]
  let point = first.continuationPoint
  while (point && point.length > 0) {
    const more = await within(wait, 'searching', session.browseNext(point, false))
    if (!more.statusCode.isGood()) break
    references.push(...(more.references ?? []))
    point = more.continuationPoint
  }
  return references.filter(
    ({ referenceTypeId }) => !(referenceTypeId.namespace === 0 && referenceTypeId.value === hasProperty),
  )
}
