import { useState, type DragEvent, type ReactNode } from 'react'
import { carriesNode, droppedNode, type DraggedNode } from './node-drag.ts'

interface NodeDropProps {
  className: string
  label: string
  onAdd: (node: DraggedNode) => void
  children: ReactNode
}

/** A place of the page on which a tag of the tree can be dropped. */
export function NodeDrop({ className, label, onAdd, children }: NodeDropProps) {
  const [isOver, setIsOver] = useState(false)
  const onDrop = (event: DragEvent): void => {
    setIsOver(false)
    const node = droppedNode(event)
    if (!node) return
    event.preventDefault()
    onAdd(node)
  }
  return (
    <section
      className={`${className}${isOver ? ' over' : ''}`}
      aria-label={label}
      onDragOver={(event) => {
        if (!carriesNode(event)) return
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
    >
      {children}
    </section>
  )
}
