import { expect, test } from 'vitest'
import { remember, typed, undoIsOfText } from './undo.ts'

test('Ctrl+Z in a field takes back letters typed since the last edit was saved, else the edit', () => {
  expect(undoIsOfText(), 'nothing was saved yet').toBe(true)
  const change = { kind: 'changed', section: 'lines', id: 'l1', field: 'name', before: 'a', after: 'b' } as const
  remember('nothing at all', [])
  expect(undoIsOfText()).toBe(true)
  remember('edit of line 1', [change])
  expect(undoIsOfText()).toBe(false)
  typed()
  expect(undoIsOfText()).toBe(true)
})
