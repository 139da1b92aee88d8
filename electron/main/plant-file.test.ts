import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bringUpToDate } from './plant-file.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millwright-plant-'))
  file = join(folder, 'plant.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const plant = (port: number): Record<string, unknown> => ({
  schema: 'millwright/plant@1',
  servers: [{ id: 'sim', endpointUrl: `opc.tcp://127.0.0.1:${port}` }],
})

test('it is written once, whole', () => {
  expect(bringUpToDate(file, plant(4001))).toBe(true)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(plant(4001))
  expect(bringUpToDate(file, plant(4001))).toBe(false)
  expect(readdirSync(folder)).toEqual(['plant.json'])
})

test('a new port changes the simulator’s address and nothing else: comments and other servers stay', () => {
  const edited = `{
  // my plant
  "servers": [
    { "id": "press", "endpointUrl": "opc.tcp://10.0.0.5:4840" },
    { "id": "sim", "endpointUrl": "opc.tcp://127.0.0.1:4001" } // built in
  ],
  "sync": [{ "id": "now", "kind": "mqtt", "url": "mqtt://127.0.0.1:5001" /* proxy */ }],
  "x-note": "kept",
}
`
  writeFileSync(file, edited)
  const now = { ...plant(4002), sync: [{ id: 'now', kind: 'mqtt', url: 'mqtt://127.0.0.1:5002' }] }
  expect(bringUpToDate(file, now)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe(edited.replace(':4001', ':4002').replace(':5001', ':5002'))
})

test('a file that cannot be read so far is left alone: the engine names its faults', () => {
  writeFileSync(file, '{ "servers": [ oops')
  expect(bringUpToDate(file, plant(4002))).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe('{ "servers": [ oops')
})

test('a server the operator removed is not put back', () => {
  const text = JSON.stringify({ servers: [{ id: 'press', endpointUrl: 'opc.tcp://10.0.0.5:4840' }] })
  writeFileSync(file, text)
  expect(bringUpToDate(file, plant(4002))).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe(text)
})
