import type { DragEvent } from 'react'

/** A type of our own, so that text dragged in from elsewhere is not taken for a node. */
const nodeType = 'application/x-millwright-node'

export interface DraggedNode {
  nodeId: string
  name: string
}

export function dragNode(event: DragEvent, { nodeId, displayName }: { nodeId: string; displayName: string }): void {
  event.dataTransfer.setData(nodeType, JSON.stringify({ nodeId, name: displayName }))
  event.dataTransfer.effectAllowed = 'copy'
}

export function carriesNode(event: DragEvent): boolean {
  return event.dataTransfer.types.includes(nodeType)
}

export function droppedNode(event: DragEvent): DraggedNode | null {
  const text = event.dataTransfer.getData(nodeType)
  if (text === '') return null
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('nodeId' in value) || !('name' in value)) return null
  const { nodeId, name } = value
  return typeof nodeId === 'string' && typeof name === 'string' ? { nodeId, name } : null
}
