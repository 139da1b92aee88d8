import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRoute, parseRoute, type Route } from './route.ts'

const word = fc.string({ minLength: 1, maxLength: 30 })

const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.constantFrom<Route>(
    { page: 'overview' },
    { page: 'sync' },
    { page: 'quality' },
    { page: 'quality', level: 'points' },
    { page: 'storage' },
    { page: 'first-run' },
    { page: 'machine' },
    { page: 'alerts' },
  ),
  word.map((assetId): Route => ({ page: 'machine', assetId })),
  fc
    .record({ assetId: word, atUs: fc.maxSafeInteger().map((atUs) => atUs + 0), occurrenceId: word })
    .map((rest): Route => ({ page: 'moment', ...rest })),
  fc.record({ occurrenceId: word, tab: word }).map((rest): Route => ({ page: 'alerts', ...rest })),
  word.map((within): Route => ({ page: 'quality', level: 'assets', within })),
  word.map((section): Route => ({ page: 'settings', section })),
  fc
    .record({
      pointIds: fc.array(word, { minLength: 1, maxLength: 8 }),
      hz: fc.double({ min: 0, max: 1e5, noNaN: true }).map((hz) => hz + 0),
      captureId: word,
    })
    .map((rest): Route => ({ page: 'vibration', ...rest })),
)

describe('routes', () => {
  it('come back from their address unchanged', () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(parseRoute(formatRoute(route))).toEqual(route)
      }),
    )
  })

  it('open the overview for anything that is not understood', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseRoute(`#/x${text}`)).toEqual({ page: 'overview' })
      }),
    )
    expect(parseRoute('')).toEqual({ page: 'overview' })
    expect(parseRoute('#/vibration?hz=abc')).toEqual({ page: 'vibration' })
    expect(parseRoute('#/moment?asset=p&at=then')).toEqual({ page: 'machine', assetId: 'p' })
  })
})
