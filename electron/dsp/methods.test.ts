import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { processingBlocks, windowNames } from '../../shared/domain/derivation.ts'
import { featureDefinitions, featureNames } from '../../shared/domain/features.ts'
import { derivedBy, methodVersions } from './methods.ts'

const document = fs.readFileSync(new URL('../../docs/signal-processing.md', import.meta.url), 'utf8')
const rows = new Set(Array.from(document.matchAll(/^\| `([a-z-]+)`/gm), (match) => match[1]))

describe('what a value is derived by', () => {
  test('every method and every window has its row in docs/signal-processing.md, and no other stands there', () => {
    expect(rows).toEqual(new Set([...Object.keys(methodVersions), ...windowNames]))
  })

  test('a derivation names block, method, version, window and band', () => {
    expect(derivedBy('zoom-fft', 'hann', [10, 20])).toEqual({
      block: 'data-manipulation',
      method: 'zoom-fft',
      version: 1,
      window: 'hann',
      bandHz: [10, 20],
    })
  })

  test('every live feature names its block of ISO 13374, its band, its window and its version', () => {
    for (const name of featureNames) {
      const { block, window, band, version, meaning } = featureDefinitions[name]
      expect(processingBlocks).toContain(block)
      expect([...windowNames, 'tapered']).toContain(window)
      expect(version).toBeGreaterThanOrEqual(1)
      expect(Math.min(band.length, meaning.length)).toBeGreaterThan(5)
    }
  })
})
