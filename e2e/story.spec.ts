import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { mosquittoMissing, startMosquitto } from '../electron/testkit/mosquitto.ts'
import { expect, test } from './harness/test.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { SyncPage } from './pages/sync-page.ts'
import { VibrationPage } from './pages/vibration-page.ts'
import { BrokerReader } from './readers/broker-reader.ts'
import { compare, isUnbroken } from './readers/delivered.ts'
import { readFolder } from './readers/folder-reader.ts'
import { keyInFile, openTwinOf, outboxOf } from './readers/twin-reader.ts'

const fault = { assetId: 'pump-101', name: 'Feed pump 101', pointId: 'pump-101.de.accel' }
const next = { assetId: 'motor-103', name: 'Booster motor 103' }
const comment = 'On my way with the stethoscope'
const note = 'Outer race spalled, bearing changed'
const noteWithoutWan = 'Labelled while the WAN was unplugged'

const plantAlerts = z.looseObject({
  alerts: z.array(
    z.looseObject({
      pointId: z.string(),
      contract: z.looseObject({
        meaning: z.string(),
        cause: z.string(),
        consequence: z.string(),
        action: z.string(),
        recipient: z.string(),
      }),
    }),
  ),
})

const alertPayload = z.looseObject({
  kind: z.string(),
  occurrenceId: z.string(),
  by: z.string(),
  comment: z.string().nullable(),
  outcome: z.string().nullable(),
  occurrence: z.looseObject({ labelNote: z.string().nullable() }),
})

test('a fault appears, is acknowledged, labelled and delivered; without the WAN all but delivery goes on', async ({
  launch,
}) => {
  test.skip(mosquittoMissing() !== undefined, mosquittoMissing() ?? '')
  test.setTimeout(300_000)
  const broker = await startMosquitto()
  const reader = await BrokerReader.open(broker.url)
  try {
    const running = await launch({ args: ['--broker', broker.url, keyInFile] })
    const { window, dataDir } = running
    const app = new AppPage(window)
    const overview = new OverviewPage(window)
    const alerts = new AlertsPage(window)
    const sync = new SyncPage(window)
    const vibration = new VibrationPage(window)
    const labelled: string[] = []

    await test.step('the overview shows live values with their age', async () => {
      await app.live()
      await expect(overview.tiles).toHaveCount(7)
      await expect(overview.blind).toHaveCount(0, generous)
      for (const tile of await overview.tiles.all()) {
        await expect(tile.locator('.tile-age')).toHaveText(/^(now|\d+ s ago)$/)
        await expect(tile.locator('.tile-share')).toHaveText(/^\d+\s%$/)
      }
    })

    await test.step('the failing machine appears', async () => {
      await expect(overview.tile(fault.assetId)).toHaveAccessibleName(/Not acknowledged/, generous)
      await expect(app.banner).toContainText(fault.name)
    })

    await test.step('its page shows values that move', async () => {
      await overview.tile(fault.assetId).click()
      await expect(window.getByRole('heading', { name: fault.name, level: 1 })).toBeVisible()
      const row = window.getByRole('row').filter({ hasText: 'RMS' }).first()
      const shown = row.locator('.value-number')
      await expect(shown).toHaveText(/\d/)
      const before = await shown.innerText()
      await expect(shown).not.toHaveText(before)
      await expect(window.getByRole('table').locator('.value.hatched')).toHaveCount(0)
    })

    await test.step('waveform, spectrum and envelope spectrum are live', async () => {
      await window.getByRole('button', { name: 'Open vibration' }).click()
      await vibration.point(fault.pointId).click()
      for (const plot of ['Live waveform, Waveform', 'Spectrum', 'Envelope spectrum']) {
        await expect(vibration.mark(plot)).toContainText('LIVE', generous)
        await expect.poll(async () => (await vibration.painted(plot)).series, generous).toBeGreaterThan(100)
        const { hash } = await vibration.painted(plot)
        await expect.poll(async () => (await vibration.painted(plot)).hash, generous).not.toBe(hash)
      }
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
    })

    await test.step('its alert says what to do', async () => {
      await app.open('alerts')
      await expect(alerts.rowsOf(fault.name).first()).toBeVisible()
      await alerts.choose(alerts.rowsOf(fault.name).first())
      const meaning = await alerts.detail.getByRole('heading', { level: 2 }).innerText()
      const { alerts: rules } = plantAlerts.parse(JSON.parse(readFileSync(join(dataDir, 'plant.json'), 'utf8')))
      const rule = rules.find(({ contract }) => contract.meaning === meaning)
      expect(rule?.pointId).toContain(fault.assetId)
      const { action, cause, consequence, recipient } = rule?.contract ?? {}
      for (const promise of [action, cause, consequence, recipient]) {
        await expect(alerts.detail).toContainText(promise ?? 'a promise of the contract')
      }
    })

    await test.step('acknowledged and labelled by keyboard, shown as committed', async () => {
      labelled.push(await alerts.choose(alerts.rowsOf(fault.name).first()))
      await alerts.risen()
      await alerts.acknowledge(comment)
      await expect(app.banner).toContainText('1 alert awaits its outcome')
      await alerts.choose(window.locator(`main [data-row="${labelled[0] ?? ''}"]`))
      await alerts.label('1', note)
      await expect(app.banner).not.toContainText('outcome')
      await expect(alerts.detail).toContainText('True positive')
      await expect(alerts.detail).toContainText(note)
      await expect(alerts.detail).toContainText(`Acknowledged by ${userInfo().username} “${comment}”`)
    })

    await test.step('both destinations confirm it', async () => {
      await expect.poll(() => reader.kinds(), generous).toContain('label')
      await app.open('sync')
      for (const id of ['now', 'bulk']) {
        await expect(sync.destination(id)).toContainText(/everything is confirmed|receipts arrive/, generous)
        await expect.poll(() => sync.delivered(id), generous).toBeGreaterThan(0)
      }
      await expect.poll(() => sync.waiting('now'), generous).toBe(0)
      expect(readFolder(join(dataDir, 'cloud')).map(({ stream }) => stream)).toContain('events')
    })

    await test.step('WAN unplugged: the Sync page says since when delivery fails', async () => {
      await app.wan(false)
      // Something to deliver: the fault grows on another machine meanwhile.
      await app.play('mixed', '14400')
      for (const id of ['now', 'bulk']) {
        await expect(sync.destination(id)).toContainText(/Not delivering since .*\d\d:\d\d/, generous)
        await expect(sync.destination(id)).toContainText('Last error:')
        await expect.poll(() => sync.waiting(id), generous).toBeGreaterThan(0)
      }
      await expect(window.getByRole('button', { name: /rows waiting since/ })).toBeVisible()
    })

    await test.step('acquisition, alerts and labelling go on', async () => {
      const commits = await sync.commits()
      await expect.poll(() => sync.commits(), generous).toBeGreaterThan(commits)
      await app.open('alerts')
      await expect(alerts.rowsOf(next.name).first()).toBeVisible(generous)
      labelled.push(await alerts.choose(alerts.rowsOf(next.name).first()))
      await alerts.risen()
      await alerts.acknowledge('Seen without the WAN')
      await alerts.choose(window.locator(`main [data-row="${labelled[1] ?? ''}"]`))
      await alerts.label('2', noteWithoutWan)
      await app.open('overview')
      await expect(overview.blind).toHaveCount(0)
      expect(reader.rows.filter(({ payload }) => payload.includes(noteWithoutWan))).toEqual([])
    })

    await test.step('WAN plugged in: the backlog drains', async () => {
      await app.wan(true)
      await app.open('sync')
      for (const id of ['now', 'bulk']) {
        await expect(sync.destination(id)).toContainText(/everything is confirmed|receipts arrive/, generous)
      }
      await expect.poll(() => sync.waiting('now'), generous).toBe(0)
      await expect.poll(() => reader.rows.some(({ payload }) => payload.includes(noteWithoutWan)), generous).toBe(true)
      await expect
        .poll(() => readFolder(join(dataDir, 'cloud')).some((row) => row.payload.includes(noteWithoutWan)), generous)
        .toBe(true)
    })

    await test.step('what arrived is what the twin holds', async () => {
      await running.close()
      expect(running.log()).toContain('[main] stopped')
      const twin = openTwinOf(dataDir)
      try {
        const events = await outboxOf(twin, 'events')
        const features = await outboxOf(twin, 'features')
        expect(isUnbroken(events)).toBe(true)
        expect(isUnbroken(features)).toBe(true)
        const clean = { missing: [], unknown: [], different: [] }

        const arrived = readFolder(join(dataDir, 'cloud'))
        for (const [stream, rows] of [
          ['events', events],
          ['features', features],
        ] as const) {
          const { seq } = await twin.cursor('bulk', stream)
          expect(seq).toBeGreaterThan(0)
          const own = arrived.filter((row) => row.stream === stream)
          // A folder holds each row once; nothing is left to de-duplicate.
          expect(compare(rows, own, seq)).toEqual({ ...clean, confirmed: seq, repeated: [] })
        }

        const { seq } = await twin.cursor('now', 'events')
        expect(seq).toBeGreaterThan(0)
        await expect.poll(() => compare(events, reader.rows, seq).missing, generous).toEqual([])
        // QoS 1 delivers at least once: a message cut off by the WAN may have come twice, the same both times.
        expect(compare(events, reader.rows, seq)).toMatchObject({ ...clean, confirmed: seq })
        expect(reader.strange).toEqual([])

        const people = events
          .filter(({ kind }) => kind === 'acknowledge' || kind === 'label')
          .map(({ kind, payload }) => {
            const { occurrenceId, by, comment, outcome, occurrence } = alertPayload.parse(JSON.parse(payload))
            return { kind, occurrenceId, by, comment, outcome, labelNote: occurrence.labelNote }
          })
        const by = userInfo().username
        const [first = '', second = ''] = labelled
        expect(people).toEqual([
          expect.objectContaining({ kind: 'acknowledge', occurrenceId: first, by, comment, outcome: null }),
          expect.objectContaining({
            kind: 'label',
            occurrenceId: first,
            by,
            outcome: 'true-positive',
            labelNote: note,
          }),
          expect.objectContaining({ kind: 'acknowledge', occurrenceId: second, by }),
          expect.objectContaining({
            kind: 'label',
            occurrenceId: second,
            by,
            outcome: 'early-warning',
            labelNote: noteWithoutWan,
          }),
        ])
        expect(await twin.verify()).toEqual([])
      } finally {
        await twin.close()
      }
    })
  } finally {
    await reader.close()
    await broker.stop()
  }
})
