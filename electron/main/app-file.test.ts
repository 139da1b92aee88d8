import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentSecurityPolicy, resolveAppFile } from './app-file.ts'

let base = ''
let served = ''
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'millwright-app-')))
  served = join(base, 'renderer')
  mkdirSync(join(served, 'assets'), { recursive: true })
  writeFileSync(join(served, 'index.html'), '')
  writeFileSync(join(served, 'assets', 'a b.js'), '')
  writeFileSync(join(served, 'assets', 'secret.key'), '')
  writeFileSync(join(base, 'outside.json'), '')
  symlinkSync(join(base, 'outside.json'), join(served, 'link.json'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

test('files of the build are found', async () => {
  expect(await resolveAppFile(served, 'app://millwright/index.html?x=1#/alerts')).toBe(join(served, 'index.html'))
  expect(await resolveAppFile(served, 'app://millwright/assets/a%20b.js')).toBe(join(served, 'assets', 'a b.js'))
})

test.each([
  'app://millwright/../outside.json',
  'app://millwright/..%2foutside.json',
  'app://millwright/%2e%2e%2foutside.json',
  'app://millwright/assets/..%2f..%2foutside.json',
  'app://millwright/..%5coutside.json',
  'app://millwright/link.json',
  'app://millwright/assets/secret.key',
  'app://millwright/assets',
  'app://millwright/',
  'app://millwright/%00',
  'app://millwright/index.html%00.js',
  'app://millwright/%E0%A4%A',
  'app://other/index.html',
  'http://millwright/index.html',
  'not an address',
])('%s is not served', async (address) => {
  expect(await resolveAppFile(served, address)).toBeUndefined()
})

test('whatever the address, nothing outside the folder is named', async () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '/',
    '\\',
    '%5c',
    'assets',
    'outside.json',
    'index.html',
    'link.json',
    '%00',
    ':',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const file = await resolveAppFile(served, `app://millwright/${parts.join('/')}`)
      expect(file === undefined || file === join(served, 'index.html')).toBe(true)
    }),
  )
})

test('the policy allows no inline code, no eval, no foreign address', () => {
  expect(contentSecurityPolicy).not.toMatch(/unsafe|https?:|\*|blob:/)
  expect(contentSecurityPolicy).toContain("default-src 'none'")
  expect(contentSecurityPolicy).toContain("frame-ancestors 'none'")
})
