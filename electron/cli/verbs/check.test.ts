import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError, type CliIo } from '../io.ts'
import { runCheck } from './check.ts'
import { runSchema } from './schema.ts'

const root = path.resolve(import.meta.dirname, '../../..')

function capture(json: boolean): CliIo & { out: string; err: string } {
  const io = {
    out: '',
    err: '',
    cwd: root,
    json,
    stdout: (text: string): void => void (io.out += text),
    stderr: (text: string): void => void (io.err += text),
  }
  return io
}

describe('millwright check', () => {
  it('exits 0 on a valid file and names drafts without calling them faults', async () => {
    const io = capture(true)
    expect(await runCheck(['resources/examples/full-plant.json'], io)).toBe(0)
    expect(JSON.parse(io.out)).toMatchObject({
      schema: 'millwright/check@1',
      ok: true,
      faults: [],
      drafts: [{ id: 'set-101' }],
    })
  })

  it('exits 1 with all ten faults, as JSON and in words', async () => {
    const file = 'electron/assets/fixtures/ten-faults.json'
    const io = capture(true)
    expect(await runCheck([file, '--json'], io)).toBe(1)
    const report = JSON.parse(io.out) as { ok: boolean; faults: Record<string, string>[] }
    expect(report.ok).toBe(false)
    expect(report.faults).toHaveLength(10)
    for (const fault of report.faults) expect(Object.keys(fault).sort()).toEqual(['code', 'message', 'path', 'remedy'])
    const words = capture(false)
    expect(await runCheck([file], words)).toBe(1)
    expect(words.out).toContain('ten-faults.json: 10 faults')
  })

  it.each([
    [[], 'takes one plant file'],
    [['a', 'b'], 'takes one plant file'],
    [['--fast', 'a'], 'no option "--fast"'],
    [['not-there.json'], 'is not there'],
    [['electron'], 'is a folder'],
  ])('refuses %j in one sentence', async (argv, sentence) => {
    await expect(runCheck(argv, capture(false))).rejects.toThrow(UsageError)
    await expect(runCheck(argv, capture(false))).rejects.toThrow(sentence)
  })
})

describe('millwright schema', () => {
  it('prints the plant schema, which allows keys of the user under x-', async () => {
    const io = capture(false)
    expect(await runSchema(['plant'], io)).toBe(0)
    const schema = JSON.parse(io.out) as Record<string, unknown>
    expect(schema).toMatchObject({ title: 'millwright/plant@1', type: 'object', additionalProperties: false })
    expect(io.out.match(/"\^x-"/g)?.length).toBeGreaterThan(20)
  })

  it('lists what there is when there is no such name', async () => {
    await expect(runSchema(['bundel'], capture(false))).rejects.toThrow('there are: plant, check')
    await expect(runSchema(['toString'], capture(false))).rejects.toThrow(UsageError)
    await expect(runSchema([], capture(false))).rejects.toThrow(UsageError)
  })
})
