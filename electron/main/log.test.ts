import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openLog } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'millwright-log-'))

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('after a flush every line is in the file, in order, and logging goes on', async () => {
  const { log, flush } = openLog(folder)
  const lines = (): string[] => readFileSync(join(folder, 'millwright.log'), 'utf8').trim().split('\n')
  for (let line = 0; line < 500; line += 1) log('main', `line ${line}`)
  await flush()
  expect(lines().map((line) => line.split('] ')[1])).toEqual(Array.from({ length: 500 }, (_, line) => `line ${line}`))
  await flush()
  log('engine', 'one more')
  await flush()
  expect(lines()).toHaveLength(501)
})
