import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPlantFile, missingFacts, parsePlantFile, PlantFileError, resolvePlant } from './index.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const full = read('../../resources/examples/full-plant.json')

// A free-form view of the example, so that each test can break one place of it.
// oxlint-disable-next-line typescript/no-explicit-any
type Any = any
const broken = (change: (plant: Any) => void): string => {
  const plant: Any = JSON.parse(full)
  change(plant)
  return JSON.stringify(plant)
}
const bearings = ['SKF 6205-2RS', 'SKF 6206']
const faultsOf = (source: string): string[] =>
  checkPlantFile(source, { bearings }).faults.map((f) => `${f.path} ${f.code}`)

describe('the fixtures', () => {
  it('takes a policy that rests on SHA-1 only with an exception for that server', () => {
    const withOld = (exceptions: object[]): string =>
      broken((plant) => {
        plant.servers[0].id = 'old'
        for (const point of plant.points) point.source.serverId = 'old'
        plant.servers = [{ ...plant.servers[0], security: { mode: 'SignAndEncrypt', policy: 'Basic256' } }]
        plant.exceptions = exceptions
      })
    const exception = {
      scope: 'opcua:old:deprecated-policy',
      owner: 'A. Smith',
      until: '2030-01-31',
      reason: 'old drive',
    }
    expect(faultsOf(withOld([]))).toEqual(['servers[0].security.policy deprecated-policy'])
    expect(faultsOf(withOld([exception]))).toEqual([])
  })

  it('takes single blocks with time between them, and no cadence that is neither a block nor longer than two', () => {
    const of = (updateCadenceMs: number): string[] => {
      const plant = JSON.parse(read('../../resources/examples/full-plant.json')) as {
        points: { kind: string; contract?: Record<string, unknown> }[]
      }
      const contract = plant.points.find(({ kind }) => kind === 'waveform')?.contract
      if (!contract) throw new Error('The example has no waveform.')
      Object.assign(contract, { sampleRateHz: 25_600, blockSize: 4096, updateCadenceMs })
      contract['policy'] = { ...(contract['policy'] as object), staleAfterMs: 7.2e6, missingAfterMs: 1.1e7 }
      return checkPlantFile(JSON.stringify(plant)).faults.map(({ code }) => code)
    }
    expect([of(160), of(3_600_000), of(320)]).toEqual([[], [], []])
    expect([of(200), of(16)]).toEqual([['block-cadence-mismatch'], ['block-cadence-mismatch']])
  })

  it('finds ten faults in ten-faults.json, each with where, what and how', () => {
    const { plant, faults } = checkPlantFile(read('fixtures/ten-faults.json'), { bearings })
    expect(plant).toBeNull()
    expect(faults.map((fault) => `${fault.path} ${fault.code}`).sort()).toEqual(
      [
        'assets[0].critcality unknown-key',
        'assets[2].id duplicate-id',
        'points[1].assetId dangling-reference',
        'points[2].source.nodeId bad-node-id',
        'points[2].contract.unit unknown-unit',
        'points[1].contract.expectedRange inverted-range',
        'points[0].contract.updateCadenceMs block-cadence-mismatch',
        'servers[0].user password-in-clear',
        'alerts[0].contract empty-alert-contract',
        'alerts[1].limits.warning warning-above-alarm',
      ].sort(),
    )
    for (const fault of faults) {
      expect(fault.message, fault.path).toMatch(/^\S.*[.]$/)
      expect(fault.remedy, fault.path).toMatch(/^\S.*[.?]$/)
      expect(`${fault.message}${fault.remedy}`).not.toMatch(/undefined|NaN|\[object/)
    }
  })

  it('names line and column of broken syntax', () => {
    const { faults } = checkPlantFile(read('fixtures/broken-syntax.json'))
    expect(faults[0]).toMatchObject({ path: 'line 4, column 3', code: 'syntax' })
    expect(faults[1]?.message).toContain('closing brace')
  })

  it('accepts the full example, comments and trailing commas included', () => {
    expect(checkPlantFile(full, { bearings }).faults).toEqual([])
    expect(checkPlantFile(`\uFEFF// ours\n${full.replace(/}\s*$/, '/* end */ }')}`, { bearings }).faults).toEqual([])
  })
})

const cases: [string, (plant: Any) => void, string[]][] = [
  ['a missing key', (p) => delete p.assets[1].name, ['assets[1].name missing-key']],
  ['a wrong type', (p) => (p.assets[1].ratedRpm = '1772'), ['assets[1].ratedRpm wrong-type']],
  ['a wrong word', (p) => (p.points[0].kind = 'wavefrom'), ['points[0].kind not-a-choice']],
  ['another schema', (p) => (p.schema = 'millwright/plant@2'), ['schema wrong-schema']],
  ['an id with blanks', (p) => (p.sync[0].id = 'to the cloud'), ['sync[0].id bad-id']],
  ['an impossible date', (p) => (p.assets[1].commissionedOn = '2021-02-30'), ['assets[1].commissionedOn bad-date']],
  ['a number out of bounds', (p) => (p.assets[1].criticality = 9), ['assets[1].criticality out-of-bounds']],
  ['an unknown kind of destination', (p) => (p.sync[0].kind = 'ftp'), ['sync[0].kind not-a-choice']],
  ['an unknown ISO group', (p) => (p.assets[1].isoGroup = 3), ['assets[1].isoGroup not-a-choice']],
  [
    'no evidence of the run state',
    (p) => (p.assets[1].runState.evidences = []),
    ['assets[1].runState.evidences wrong-count'],
  ],
  ['one empty alert text', (p) => (p.alerts[0].contract.action = ' '), ['alerts[0].contract.action empty-text']],
  ['an empty alert contract', (p) => (p.alerts[0].contract = {}), ['alerts[0].contract empty-alert-contract']],
  ['a dangling line', (p) => (p.assets[1].lineId = 'line-9'), ['assets[1].lineId dangling-reference']],
  ['a dangling parent', (p) => (p.assets[1].parentId = 'x'), ['assets[1].parentId dangling-reference']],
  [
    'parents in a circle',
    (p) => (p.assets[0].parentId = 'pump-101'),
    ['assets[0].parentId parent-cycle', 'assets[1].parentId parent-cycle'],
  ],
  [
    'a dangling server',
    (p) => (p.points[2].source.serverId = 'opc-9'),
    ['points[2].source.serverId dangling-reference'],
  ],
  [
    'a component of another asset',
    (p) => (p.points[2].componentId = 'belt'),
    ['points[2].componentId dangling-reference'],
  ],
  ['a dangling tachometer', (p) => (p.points[0].tachoPointId = 'x'), ['points[0].tachoPointId dangling-reference']],
  [
    'a point paired with itself',
    (p) => (p.points[0].pairPointId = 'pump-101.de.x'),
    ['points[0].pairPointId self-reference'],
  ],
  ['a dangling sensor', (p) => (p.points[0].sensorId = 'acc-9'), ['points[0].sensorId dangling-reference']],
  [
    'a dangling shaft',
    (p) => (p.assets[1].components[0].shaftId = 'x'),
    ['assets[1].components[0].shaftId dangling-reference'],
  ],
  [
    'a capture of no point, of a scalar and of an unknown feature',
    (p) => {
      p.captures.schedules[1].points = ['pump-101.de.z', 'pump-101.speed']
      p.captures.onChange[0].feature = 'rsm'
    },
    [
      'captures.schedules[1].points[0] dangling-reference',
      'captures.schedules[1].points[1] no-waveform',
      'captures.onChange[0].feature unknown-feature',
    ],
  ],
  [
    'a schedule without a time, one with a wrong and one with a time twice',
    (p) => {
      delete p.captures.schedules[0].everyMin
      p.captures.schedules[1].at = ['25:00', '06:00', '06:00']
    },
    [
      'captures.schedules[1].at[0] bad-time',
      'captures.schedules[0] no-schedule',
      'captures.schedules[1].at[2] duplicate-time',
    ],
  ],
  [
    'an alarm window too short, and a run state that never captures',
    (p) => {
      p.captures.onAlarm.beforeS = 2
      p.captures.onRunState[0].entry = p.captures.onRunState[0].exit = false
    },
    ['captures.onAlarm.beforeS out-of-bounds', 'captures.onRunState[0] never-captured'],
  ],
  [
    'aggregates that would go before their values, a cap of nothing and an unknown tier',
    (p) => {
      p.retention.aggregates.maxAgeDays = 30
      p.retention.captures.maxGb = 0
      p.retention.waveforms = { maxAgeDays: 1 }
    },
    [
      'retention.captures.maxGb out-of-bounds',
      'retention.waveforms unknown-key',
      'retention.aggregates.maxAgeDays aggregates-before-values',
    ],
  ],
  ['an alert on no point', (p) => (p.alerts[0].pointId = 'x'), ['alerts[0].pointId dangling-reference']],
  [
    'two components of one id',
    (p) => (p.assets[1].components[1].id = 'de-bearing'),
    ['assets[1].components[1].id duplicate-id'],
  ],
  [
    'a NodeId without a namespace',
    (p) => (p.points[2].source.nodeId = 's=speed'),
    ['points[2].source.nodeId bad-node-id'],
  ],
  [
    'a NodeId with a bad GUID',
    (p) => (p.points[4].source.nodeId = 'nsu=urn:x;g=12'),
    ['points[4].source.nodeId bad-node-id'],
  ],
  ['a unit of another quantity', (p) => (p.points[0].contract.unit = 'mm/s'), ['points[0].contract.unit unknown-unit']],
  [
    'an empty range',
    (p) => (p.points[0].contract.expectedRange = [5, 5]),
    ['points[0].contract.expectedRange empty-range'],
  ],
  [
    'a waveform without block size',
    (p) => delete p.points[0].contract.blockSize,
    ['points[0].contract.blockSize missing-block-size'],
  ],
  [
    'a cadence faster than the rate',
    (p) => (p.points[2].contract.updateCadenceMs = 10),
    ['points[2].contract.updateCadenceMs cadence-rate-mismatch'],
  ],
  [
    'a band above Nyquist',
    (p) => (p.points[0].contract.band = [0, 20000]),
    ['points[0].contract.band band-above-nyquist'],
  ],
  [
    'stale before the next value',
    (p) => (p.points[2].contract.policy.staleAfterMs = 50),
    ['points[2].contract.policy.staleAfterMs stale-before-cadence'],
  ],
  [
    'missing before stale',
    (p) => (p.points[2].contract.policy.missingAfterMs = 150),
    ['points[2].contract.policy.missingAfterMs missing-before-stale'],
  ],
  [
    'mode None without a reason',
    (p) => delete p.servers[2].security.reason,
    ['servers[2].security.reason security-without-reason'],
  ],
  [
    'mode without policy',
    (p) => (p.servers[1].security.policy = 'None'),
    ['servers[1].security.policy security-mismatch'],
  ],
  [
    'no limit in any operating state',
    (p) => {
      p.alerts[0].limits = {}
      p.alerts[0].limitsByState = [{ limits: {} }]
    },
    ['alerts[0].limits no-limit'],
  ],
  [
    'a warning above the alarm of an operating state',
    (p) => (p.alerts[0].limitsByState[0].limits.warning = 3),
    ['alerts[0].limitsByState[0].limits.warning warning-above-alarm'],
  ],
  [
    'a speed band that holds nothing',
    (p) => (p.alerts[0].limitsByState[0].rpm = [1200, 600]),
    ['alerts[0].limitsByState[0].rpm empty-band'],
  ],
  [
    'a speed band of a standing machine',
    (p) => (p.alerts[0].limitsByState[1].rpm = [1, 100]),
    ['alerts[0].limitsByState[1].rpm band-of-standing'],
  ],
  [
    'two operating states at once',
    (p) => p.alerts[0].limitsByState.push({ rpm: [1100, 1800], limits: { alarm: 5 } }),
    ['alerts[0].limitsByState[2] states-overlap'],
  ],
  [
    'limits by the speed of a machine whose speed nobody measures',
    (p) => (p.points[2].contract = undefined),
    ['alerts[0].limitsByState[0].rpm band-without-speed'],
  ],
  [
    'no limit at all',
    (p) => {
      p.alerts[1].limits = {}
    },
    ['alerts[1].limits no-limit'],
  ],
  ['a deadband as wide as the limits', (p) => (p.alerts[0].deadband = 2), ['alerts[0].deadband deadband-too-wide']],
  ['a feature a scalar has not', (p) => (p.alerts[1].feature = 'rms'), ['alerts[1].feature unknown-feature']],
  ['a misspelt feature', (p) => (p.alerts[0].feature = 'kurtossis'), ['alerts[0].feature unknown-feature']],
  [
    'a deadband on a waveform',
    (p) => (p.points[0].contract.deadband = { kind: 'absolute', value: 1 }),
    ['points[0].contract.deadband deadband-on-waveform'],
  ],
  [
    'a deadband wider than the range',
    (p) => (p.points[4].contract.deadband = { kind: 'percent', value: 150 }),
    ['points[4].contract.deadband.value deadband-over-range'],
  ],
  [
    'a batch shorter than one cadence',
    (p) => (p.points[2].contract.batchMs = 1),
    ['points[2].contract.batchMs batch-below-cadence'],
  ],
  [
    'missing before its batch has come',
    (p) => (p.points[2].contract.batchMs = 30_000_000),
    ['points[2].contract.policy.missingAfterMs missing-before-batch'],
  ],
  [
    'a packing of single values',
    (p) => (p.points[2].contract.packing = { type: 'int16' }),
    ['points[2].contract.packing packing-without-blocks'],
  ],
  [
    'an alert on a point without contract',
    (p) => (p.alerts[1].pointId = 'conveyor-201.fault-text'),
    ['alerts[1].feature unknown-feature', 'alerts[1].pointId alert-without-contract'],
  ],
  [
    'a quorum beyond the evidences',
    (p) => (p.assets[1].runState.quorum = 3),
    ['assets[1].runState.quorum quorum-too-large'],
  ],
  [
    'run-state limits crossed',
    (p) => (p.assets[1].runState.evidences[0].stoppedBelow = 950),
    ['assets[1].runState.evidences[0].stoppedBelow run-state-overlap'],
  ],
  [
    'an unknown bearing',
    (p) => (p.assets[1].components[0].bearing = 'SKF 6025'),
    ['assets[1].components[0].bearing unknown-bearing'],
  ],
  ['an unknown time zone', (p) => (p.plant.timeZone = 'Europe/Berln'), ['plant.timeZone unknown-time-zone']],
  [
    'a server that dials out to no address',
    (p) => (p.servers[0].reverse = { listen: '0.0.0.0', serverUri: 'urn:a' }),
    ['servers[0].reverse.listen bad-url'],
  ],
  [
    'a server that dials out to a port that cannot exist, without a URI',
    (p) => (p.servers[0].reverse = { listen: 'opc.tcp://0.0.0.0:99999' }),
    ['servers[0].reverse.serverUri missing-key', 'servers[0].reverse.listen bad-url'],
  ],
  [
    'two servers that dial out with one URI to ports of which one contains the other',
    (p) => {
      const reverse = { listen: 'opc.tcp://0.0.0.0:4841', serverUri: 'urn:a' }
      p.servers[0].reverse = reverse
      const second = { ...reverse, listen: 'opc.tcp://10.0.0.1:4841' }
      p.servers.push({ ...p.servers[0], id: 'opc-9', reverse: second })
    },
    ['servers[3].reverse.serverUri duplicate-server-uri', 'servers[3].reverse.listen listen-clash'],
  ],
  [
    'a belt shorter than its pulley is round',
    (p) => (p.assets[2].components[2].lengthMm = 500),
    ['assets[2].components[2].lengthMm belt-too-short'],
  ],
  [
    'a bearing with the length of a belt',
    (p) => (p.assets[1].components[0].lengthMm = 2000),
    ['assets[1].components[0].kind belt-dimensions'],
  ],
  ['a broker without a host', (p) => (p.sync[0].url = 'mqtt://:1883'), ['sync[0].url bad-url']],
  ['a topic with a wildcard', (p) => (p.sync[0].topic = 'plant/#'), ['sync[0].topic bad-topic']],
  ['a folder outside the data folder', (p) => (p.sync[1].path = '../other'), ['sync[1].path bad-path']],
  ['a password as a key', (p) => (p.servers[0].user.password = 'x'), ['servers[0].user.password inline-secret']],
  ['a password under x-', (p) => (p['x-mine'] = { password: 'x' }), ['x-mine.password inline-secret']],
  [
    'a password in an address',
    (p) => (p.sync[0].url = 'mqtts://joe:secret@broker.example.net'),
    ['sync[0].url inline-secret'],
  ],
  [
    'maintenance that ends before it begins',
    (p) => (p.maintenance[0].to = '2026-12-06T00:00:00Z'),
    ['maintenance[0].to inverted-range'],
  ],
]

describe('a point that may be written', () => {
  const withWrite = (write: object, kind = 'scalar'): string =>
    broken((plant) => {
      const point = plant.points.find((each: Any) => each.kind === kind)
      point.write = write
      plant.points = [point, ...plant.points.filter((each: Any) => each !== point)]
    })

  it('says who may and within what', () => {
    const { plant, faults } = checkPlantFile(withWrite({ roles: ['operator'], range: [0, 10] }), { bearings })
    expect(faults).toEqual([])
    expect(plant?.points[0]?.write).toEqual({ roles: ['operator'], range: [0, 10] })
  })

  it.each([
    [{ roles: ['operator'], range: [10, 0] }, 'scalar', ['points[0].write.range write-range']],
    [{ roles: ['finance-viewer'], range: [0, 10] }, 'scalar', ['points[0].write.roles[0] write-role']],
    [{ roles: ['operator'], range: [0, 10] }, 'waveform', ['points[0].write write-kind']],
  ])('refuses %j of a %s', (write, kind, expected) => {
    expect(faultsOf(withWrite(write, kind))).toEqual(expected)
  })

  it.each([
    { roles: [], range: [0, 10] },
    { roles: ['boss'], range: [0, 10] },
    { roles: ['operator'] },
    { roles: ['operator'], range: [0, 10], confirmWithinS: 1 },
    { roles: ['operator'], range: [0, 10], always: true },
  ])('refuses %j', (write) => {
    expect(faultsOf(withWrite(write)).every((fault) => fault.startsWith('points[0].write'))).toBe(true)
    expect(faultsOf(withWrite(write)).length).toBeGreaterThan(0)
  })
})

describe('each fault alone', () => {
  it.each(cases)('%s', (_name, change, expected) => {
    expect(faultsOf(broken(change))).toEqual(expected)
  })

  it('suggests the nearest key, word, id and unit', () => {
    const remedy = (change: (plant: Any) => void): string | undefined =>
      checkPlantFile(broken(change), { bearings }).faults[0]?.remedy
    expect(remedy((p) => (p.points[0].contract.samplerateHz = 1))).toContain('Known here')
    expect(remedy((p) => ((p.points[2].contract.bnd = [0, 1]), p))).toContain('"band"')
    expect(remedy((p) => (p.points[0].kind = 'wavefrom'))).toContain('"waveform"')
    expect(remedy((p) => (p.assets[1].lineId = 'lin-1'))).toContain('"line-1"')
    expect(remedy((p) => (p.points[0].contract.unit = 'm/s²'))).toContain('"m/s2"')
    expect(remedy((p) => (p.plant.timeZone = 'Europe/Berln'))).toContain('"Europe/Berlin"')
  })

  it('names a key that stands twice, which JSON itself would swallow', () => {
    const source = full.replace('"name": "Plant B",', '"name": "Plant B", "name": "Plant C",')
    expect(faultsOf(source)).toEqual(['plant.name duplicate-key'])
  })

  it('says what to do with an empty file, a list and a number', () => {
    expect(faultsOf(' \n')).toEqual(['(file) empty-file'])
    expect(faultsOf('[]')).toEqual(['(file) wrong-type'])
    expect(faultsOf('7')).toEqual(['(file) wrong-type'])
    expect(faultsOf('null')).toEqual(['(file) wrong-type'])
  })
})

describe('properties', () => {
  it('reports any set of independent faults in one run', () => {
    // Cases that touch the same place would hide each other in the file itself.
    const independent = cases.filter(([name]) =>
      [
        'a wrong word',
        'a dangling line',
        'a unit of another quantity',
        'no limit at all',
        'an unknown time zone',
        'a topic with a wildcard',
        'mode None without a reason',
        'a dangling sensor',
        'a missing key',
        'a NodeId with a bad GUID',
      ].includes(name),
    )
    expect(independent).toHaveLength(10)
    fc.assert(
      fc.property(fc.subarray(independent), (chosen) => {
        const source = broken((plant) => chosen.forEach(([, change]) => change(plant)))
        expect(faultsOf(source).sort()).toEqual(chosen.flatMap(([, , expected]) => expected).sort())
      }),
      { numRuns: 60 },
    )
  })

  it('never throws and never passes a file that lost a required part, whatever stands in its place', () => {
    const paths = ['plant', 'lines', 'servers', 'assets', 'points', 'alerts', 'sync']
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (key, value) => {
        if (Array.isArray(value) && value.length === 0) return
        const { plant, faults } = checkPlantFile(broken((p) => (p[key] = value)))
        expect(plant).toBeNull()
        expect(faults.length).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })

  it('never throws on cut or scrambled text', () => {
    fc.assert(
      fc.property(fc.nat(full.length - 3), fc.string({ maxLength: 5 }), (at, junk) => {
        const { plant, faults } = checkPlantFile(full.slice(0, at) + junk)
        expect(plant).toBeNull()
        expect(faults.length).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })
})

describe('loading for the engine', () => {
  it('gives the same hash for the same configuration and another for a changed one', () => {
    const { configHash } = parsePlantFile(full)
    expect(configHash).toMatch(/^[0-9a-f]{64}$/)
    const plant: Any = JSON.parse(full)
    const turned = JSON.stringify(Object.fromEntries(Object.entries(plant).reverse()))
    expect(parsePlantFile(`// note\n${turned}`).configHash).toBe(configHash)
    expect(parsePlantFile(broken((p) => (p.alerts[0].limits.alarm = 4.5))).configHash).not.toBe(configHash)
  })

  it('throws every fault with one sentence in front', () => {
    const load = (): unknown => parsePlantFile(read('fixtures/ten-faults.json'))
    expect(load).toThrow(PlantFileError)
    expect(load).toThrow(/9 more faults/)
  })

  it('resolves lookups and rules', () => {
    const { plant, configHash } = parsePlantFile(full)
    const resolved = resolvePlant(plant, configHash)
    expect(resolved.points.get('pump-101.speed')?.contract?.unit).toBe('rpm')
    expect(resolved.pointsOfServer.get('opc-1')).toHaveLength(4)
    expect(resolved.rules.map((rule) => [rule.id, rule.assetId, rule.configHash])).toEqual([
      ['pump-101.rms-high', 'pump-101', configHash],
      ['pump-101.hot', 'pump-101', configHash],
    ])
    expect(resolved.rulesOfPoint.get('pump-101.de.y')?.[0]?.limits).toEqual({ warning: 2, alarm: 4 })
  })

  it('calls an asset with open facts a draft, without a fault', () => {
    const { plant } = parsePlantFile(full)
    const facts = plant.assets.map((asset) => missingFacts(asset, plant))
    expect(facts).toEqual([['manufacturer', 'model', 'commissionedOn', 'criticality', 'failureModes'], [], []])
  })
})

describe('scopes, sensors and bearings of the file itself', () => {
  const scoped = (section: 'exceptions' | 'maintenance', scope: string): string[] =>
    checkPlantFile(
      broken((plant) => (plant[section][0].scope = scope)),
      { bearings },
    ).faults.map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`)

  it.each([
    'plant',
    'plant/temperature',
    'lines/line-1',
    'assets/pump-101/accelerometer',
    'servers/opc-1/speed-is-no-class',
    'points/pump-101.speed',
  ])('takes or refuses the scope %s by what the file has', (scope) => {
    const isKnown = !scope.includes('no-class')
    expect(scoped('exceptions', scope).length).toBe(isKnown ? 0 : 1)
    expect(scoped('maintenance', scope).length).toBe(isKnown ? 0 : 1)
  })

  it.each([
    ['plnat', /exceptions\[0\]\.scope is "plnat", which is no scope\. Write plant, lines\/ID/],
    ['assets/conveyor-20', /"conveyor-20" is not in assets\. Did you mean "conveyor-201"\?/],
    ['lines', /is "lines", but "" is not in lines/],
    ['assets/pump-101/temprature', /"temprature" is no measured quantity .* Did you mean "temperature"\?/],
    ['assets/pump-101/temperature/more', /a part too many/],
    ['opcua:opc-1:validty', /names no server and rule of a connection\. Write opcua:SERVER:RULE/],
    ['opcua:gone:validity', /"gone" is not in servers/],
  ])('refuses the scope %s in one sentence that names it', (scope, words) => {
    const faults = scoped('exceptions', scope)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(words)
  })

  it('does not hold them against a revision that was accepted once', () => {
    const source = broken((plant) => {
      plant.exceptions[0].scope = 'assets/gone'
      plant.sensors[0].calibrationDue = 'soon'
    })
    expect(faultsOf(source)).toEqual(['exceptions[0].scope unknown-scope', 'sensors[0].calibrationDue bad-sensor'])
    expect(checkPlantFile(source, { bearings, isPast: true }).faults).toEqual([])
  })

  it('takes bearings of its own, found by name, and refuses those that cannot be', () => {
    const own = (entry: object): string =>
      broken((plant) => (plant.bearings = [{ id: 'b', name: 'Special 17', ...entry }]))
    const geometry = { rollingElements: 9, elementDiameter: 7.94, pitchDiameter: 39.04, contactAngleDeg: 0 }
    const orders = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }
    const used = broken((plant) => {
      plant.bearings = [{ id: 'b', name: 'Special 17', geometry, orders }]
      plant.assets.find(({ id }: Any) => id === 'pump-101').components[0].bearing = 'special 17/C3'
    })
    expect(faultsOf(used)).toEqual([])
    expect(faultsOf(own({ orders }))).toEqual([])
    expect(faultsOf(own({}))).toEqual(['bearings[0] bad-bearing'])
    expect(faultsOf(own({ geometry: { ...geometry, rollingElements: 16 } }))).toEqual([
      'bearings[0].geometry bad-bearing',
    ])
    expect(faultsOf(own({ geometry: { ...geometry, elementDiameter: 40 } }))).toEqual([
      'bearings[0].geometry bad-bearing',
    ])
    expect(faultsOf(own({ orders: { ...orders, bsf: 4.7135 } }))).toEqual(['bearings[0].orders bad-bearing'])
    const other = { ...geometry, elementDiameter: 9 }
    expect(faultsOf(own({ geometry: other, orders }))).toEqual(['bearings[0].orders bad-bearing'])
    expect(faultsOf(own({ geometry, extra: 1 }))).toEqual(['bearings[0].extra unknown-key'])
  })
})

describe('failure modes, units and what has left service', () => {
  const withModes = (modes: string[], own: object[] = []): string =>
    broken((plant) => {
      plant.assets[1].failureModes = modes
      plant.failureModes = own
    })

  it('refuses free text, and an own code that is mapped to nothing there is', () => {
    const [fault] = checkPlantFile(withModes(['it makes a noise']), { bearings }).faults
    expect(fault).toMatchObject({ path: 'assets[1].failureModes[0]', code: 'free-text-failure-mode' })
    expect(fault?.message).toContain('"it makes a noise" of asset "pump-101" is free text')
    const own = [{ id: 'KSB-017', common: 'bearing.outerrace', mode: 'VIBR', mechanism: '2.6', cause: '9.9' }]
    expect(faultsOf(withModes(['KSB-017'], own))).toEqual([
      'failureModes[0].common unknown-failure-mode',
      'failureModes[0].mode unknown-failure-term',
      'failureModes[0].cause unknown-failure-term',
    ])
  })

  it.each([
    [['bearing.outer-race'], [], false],
    [['KSB-017'], [{ id: 'KSB-017', name: 'Lagerschaden', common: 'bearing.outer-race' }], false],
    [['KSB-017'], [{ id: 'KSB-017', name: 'Sealing', mode: 'ELP', mechanism: '1.1', cause: '3.4' }], false],
    [['KSB-017'], [{ id: 'KSB-017', name: 'Sealing' }], true],
    [['KSB-018'], [], true],
    [[], [], true],
  ])('counts %j with %j as a fact, or leaves the record a draft', (modes, own, isDraft) => {
    const { plant } = checkPlantFile(withModes(modes, own), { bearings })
    const [, asset] = plant?.assets ?? []
    expect(plant && asset && missingFacts(asset, plant)).toEqual(isDraft ? ['failureModes'] : [])
  })

  it('takes a unit that is unknown, but none that does not exist', () => {
    const withUnit = (unit: string): string => broken((plant) => (plant.points[0].contract.unit = unit))
    expect(faultsOf(withUnit('unknown'))).toEqual([])
    expect(faultsOf(withUnit('furlong'))).toEqual(['points[0].contract.unit unknown-unit'])
  })

  it('keeps the ids of what has left service, which exceptions may still be meant for', () => {
    const entries = { assets: [{ id: 'old-1' }], points: [{ id: 'old-1.temperature' }] }
    const retired = { id: 'old-1', kind: 'asset', name: 'Old', retiredOn: '2026-01-01', by: 'rita', reason: 'scrapped' }
    const source = (id: string): string =>
      broken((plant) => {
        plant.retired = [{ ...retired, entries }]
        plant.exceptions[0].scope = 'points/old-1.temperature'
        plant.assets[0].id = id
        for (const asset of plant.assets) if (asset.parentId) asset.parentId = id
      })
    expect(faultsOf(source('set-102'))).toEqual([])
    expect(faultsOf(source('old-1'))).toEqual(['assets[0].id retired-id'])
  })
})
