import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hostChannels, portMessageType } from '../../shared/protocol/host.ts'

const source = readFileSync(join(import.meta.dirname, 'index.ts'), 'utf8')

test('preload writes the same channel names as the protocol', () => {
  const block = /const channels = \{([^}]*)\}/.exec(source)?.[1] ?? ''
  const names = Object.fromEntries([...block.matchAll(/(\w+): '([^']+)'/g)].map(([, name, value]) => [name, value]))
  expect(names).toEqual(hostChannels)
  expect(source).toContain(`type: '${portMessageType}'`)
})

test('preload requires nothing at run time but electron: a sandboxed preload may not', () => {
  const values = [...source.matchAll(/^import (?!type )[^\n]* from '([^']+)'/gm)].map(([, from]) => from)
  expect(values).toEqual(['electron'])
})
