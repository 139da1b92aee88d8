import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { startTestServer, type TestServer, type TestServerOptions } from '../electron/testkit/opcua/test-server.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

interface Plc extends TestServer {
  /** As its own screen would show it. */
  thumbprint: string
}

const folder = freshFolder()
const plcs: Plc[] = []

async function plc(name: string, options: TestServerOptions): Promise<Plc> {
  const pkiFolder = join(folder, name)
  const server = await startTestServer({ counters: 2, ...options, pkiFolder })
  const pem = readFileSync(join(pkiFolder, 'own', 'certs', 'test-server.pem'))
  const thumbprint = new X509Certificate(pem).fingerprint.replaceAll(':', '').toLowerCase()
  const one = { ...server, thumbprint }
  plcs.push(one)
  return one
}

test.afterAll(async () => {
  await Promise.all(plcs.map((one) => one.stop()))
  removeFolder(folder)
})

/** A plant with one machine and no server yet; the comment must survive what the application writes. */
function emptyPlant(): string {
  const file = join(folder, 'plant.json')
  const asset = { id: 'pump-101', lineId: 'line-1', family: 'pump', name: 'Feed pump 101' }
  const rest = { lines: [{ id: 'line-1', name: 'Line 1' }], servers: [], assets: [asset] }
  const identity = { id: 'plant-a', name: 'Plant A', timeZone: 'Europe/Berlin' }
  const text = JSON.stringify(
    { schema: 'millwright/plant@1', plant: identity, ...rest, points: [], alerts: [], sync: [] },
    null,
    2,
  )
  writeFileSync(file, text.replace('"servers"', '// the servers of the north hall\n  "servers"'))
  return file
}

/** What a person does on the settings; every press that commits something is counted. */
class Desk {
  confirmations = 0
  readonly settings: Locator
  readonly certificate: Locator
  readonly state: Locator
  readonly #window: Page

  constructor(window: Page) {
    this.#window = window
    this.settings = window.locator('main[data-page="settings"]')
    this.certificate = this.settings.getByRole('region', { name: 'Certificate of the server' })
    this.state = this.settings.locator('.server-state')
  }

  async confirm(button: Locator): Promise<void> {
    await button.click(generous)
    this.confirmations += 1
  }

  async ask(endpointUrl: string): Promise<void> {
    await this.settings.getByLabel('Address of the server').fill(endpointUrl)
    await this.settings.getByRole('button', { name: 'Ask what it offers' }).click()
    await expect(this.settings.getByRole('radio').first()).toBeVisible(generous)
  }

  async save(id: string): Promise<void> {
    await this.settings.getByLabel('Id', { exact: true }).fill(id)
    await this.confirm(this.settings.getByRole('button', { name: 'Save and connect' }))
  }

  /** By the keyboard. */
  async trust(): Promise<void> {
    await this.certificate.getByRole('button', { name: 'I compared the thumbprint: trust it' }).press('Enter', generous)
    this.confirmations += 1
  }

  async all(): Promise<void> {
    await this.settings.getByRole('tab', { name: /^Servers/ }).click()
    const back = this.settings.getByRole('button', { name: 'All servers' })
    if (await back.isVisible()) await back.click()
  }

  /** Owner and last day are proposed; only the reason is asked for. */
  async makeException(button: Locator): Promise<void> {
    await button.click()
    const dialog = this.#window.getByRole('dialog', { name: /^Exception for server/ })
    await dialog.getByRole('button', { name: 'Make the exception' }).click()
    await expect(dialog.getByText('State the reason in a few words.')).toBeVisible()
    await dialog.getByLabel('Reason').fill('a new certificate is ordered')
    await this.confirm(dialog.getByRole('button', { name: 'Make the exception' }))
    await expect(dialog).toBeHidden(generous)
  }
}

const pairs = (thumbprint: string): string => thumbprint.replaceAll(/(..)(?=.)/g, '$1 ')

test('from the address of a server to its values with two confirmations; trust taken back ends the link', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const server = await plc('north', {
    policies: ['None', 'Basic256', 'Basic256Sha256', 'Aes256_Sha256_RsaPss'],
  })
  const plant = emptyPlant()
  const running = await launch({ plant })
  const { window } = running
  const app = new AppPage(window)
  const desk = new Desk(window)
  const { settings } = desk
  const inspector = new Inspector(running.app, window)
  await expect(window.getByRole('heading', { name: 'Welcome' })).toBeVisible(generous)

  await test.step('a first connection that fails opens the doctor at the step where it fails', async () => {
    await window.getByRole('button', { name: 'Add a server' }).click()
    await settings.getByLabel('Address of the server').fill('opc.tcp://127.0.0.1:1')
    await settings.getByRole('button', { name: 'Ask what it offers' }).click()
    const doctor = window.getByRole('dialog', { name: /^Check of/ })
    await expect(doctor.getByRole('status')).toHaveText('The connection fails at: Network and port.', generous)
    await expect(doctor.locator('.doctor-step.fail')).toBeFocused()
    await expect(doctor).toContainText(
      'For this the step “Network and port” has to pass first.'.replaceAll(/[“”]/g, '"'),
    )
    await window.keyboard.press('Escape')
    await expect(doctor).toBeHidden()
  })

  await test.step('what it offers is listed, the strongest chosen', async () => {
    await desk.ask(server.endpointUrl)
    await expect(settings.locator('.option')).toHaveCount(7)
    await expect(settings.locator('.option input').first()).toBeChecked()
    const first = settings.locator('.option').first()
    await expect(first).toContainText('Signed and encrypted')
    await expect(first).toContainText('Aes256_Sha256_RsaPss')
    await expect(first).toContainText('Users: Anonymous, Name and password, Certificate.')
    await expect(settings.locator('.option', { hasText: 'No security' })).toContainText('Insecure')
    await expect(settings.locator('.option', { hasText: /Basic256(?!Sha)/ }).first()).toContainText(
      'needs an exception',
    )
    await inspector.look('settings-endpoints')
  })

  const begunMs = performance.now()
  await test.step('its certificate is unknown: one screen with all that is to be compared', async () => {
    await desk.save('north')
    await expect(desk.state).toContainText('Refused', generous)
    await expect(desk.certificate.locator('.thumbprint')).toHaveText(pairs(server.thumbprint), generous)
    for (const words of [
      'CN=Test server',
      'signed by itself',
      'urn:millwright:test-server',
      'RSA, 2048 bits',
      '127.0.0.1',
    ])
      await expect(desk.certificate).toContainText(words)
    await expect(desk.certificate.getByRole('listitem')).toHaveText(/^Nobody here trusts it\./)
  })

  await test.step('trusted, it is connected at once', async () => {
    await desk.trust()
    await expect(desk.state).toHaveText('Connected', generous)
    const tookMs = Math.round(performance.now() - begunMs)
    expect(desk.confirmations).toBe(2)
    const measured = `untrusted server to connected: ${desk.confirmations} confirmations, ${tookMs} ms`
    test.info().annotations.push({ type: 'measured', description: measured })
    process.stdout.write(`${measured}\n`)
    await expect(desk.certificate).toContainText('Nothing speaks against it', generous)
    await inspector.look('settings-server')
  })

  await test.step('its values come', async () => {
    await settings.getByRole('button', { name: 'Browse', exact: true }).click()
    const tree = settings.getByRole('tree')
    for (const name of [/^Plant/, /^c0/]) await tree.getByRole('treeitem', { name }).first().click(generous)
    const panel = settings.getByRole('region', { name: 'What the server says of this node' })
    const value = panel.locator('.node-value')
    await expect(value).toHaveText(/^\d+$/, generous)
    const before = (await value.textContent()) ?? ''
    await expect(value).not.toHaveText(before, generous)
    for (const label of ['Source time', 'Server time']) await expect(panel.getByText(label)).toBeVisible()
  })

  await test.step('a new certificate of our own is made; the link goes on', async () => {
    await settings.getByRole('tab', { name: 'Certificates' }).click()
    const own = settings.getByRole('region', { name: 'This application' })
    const before = (await own.locator('.thumbprint').textContent()) ?? ''
    await own.getByRole('button', { name: 'Renew…' }).click()
    const dialog = window.getByRole('dialog', { name: /^Make a new certificate/ })
    await expect(dialog).toContainText('Links that stand go on')
    await dialog.getByRole('button', { name: 'Make a new one' }).click()
    await expect(own.locator('.thumbprint')).not.toHaveText(before, generous)
    await app.open('sync')
    const row = window.getByRole('row').filter({ hasText: 'north' })
    await expect(row).toContainText('Connected')
    await expect(row.getByRole('cell').last()).toHaveText('0')
  })

  await test.step('trust is taken back: the link ends and says why; given again it comes back', async () => {
    await app.open('settings')
    await desk.all()
    await settings.getByRole('row').filter({ hasText: 'north' }).getByRole('button', { name: 'Show' }).click()
    await desk.certificate.getByRole('button', { name: 'Take trust back…' }).click(generous)
    const dialog = window.getByRole('dialog', { name: 'Reject this certificate?' })
    await expect(dialog.getByRole('button', { name: 'Reject it' })).toBeDisabled()
    await dialog.getByLabel('I know that values of this server stop.').check()
    await dialog.getByRole('button', { name: 'Reject it' }).click()
    await expect(desk.state).toContainText('a certificate whose trust was taken back here', generous)
    await desk.trust()
    await expect(desk.state).toHaveText('Connected', generous)
  })

  await test.step('no security needs a typed reason and is said wherever the link is shown', async () => {
    await desk.all()
    await settings.getByRole('button', { name: 'Add a server' }).click()
    await desk.ask(server.endpointUrl)
    await settings.getByRole('radio', { name: /No security/ }).check()
    await desk.save('bench')
    await expect(settings.getByText('State the reason in a few words.')).toBeVisible()
    await settings.getByLabel('Reason').fill('test bench without a network')
    await desk.save('bench')
    await expect(desk.state).toHaveText('Connected', generous)
    await expect(settings.getByText('test bench without a network')).toBeVisible()
    await expect(settings.locator('.insecure').first()).toHaveText('Insecure')
    await desk.all()
    await expect(settings.getByRole('row').filter({ hasText: 'bench' }).first()).toContainText('Insecure')
    await window.getByRole('button', { name: 'Connections to OPC UA servers' }).click()
    await expect(window.locator('.popover-item', { hasText: 'bench' })).toContainText('Insecure connection')
    await window.keyboard.press('Escape')
    await app.open('sync')
    await expect(window.getByRole('row').filter({ hasText: 'bench' })).toContainText('Insecure')
    expect(readFileSync(plant, 'utf8')).toContain('// the servers of the north hall')
  })
})

test('what a rule refuses is allowed to a day, listed with its end, and refused again without it', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const misnamed = await plc('misnamed', { security: 'Basic256Sha256', certificate: { ip: '192.0.2.1', toDays: 20 } })
  const foreign = await plc('foreign', {
    security: 'Basic256Sha256',
    certificate: { applicationUri: 'urn:somebody:else' },
  })
  const old = await plc('old', { security: 'Basic256' })
  const plant = emptyPlant()
  const running = await launch({ plant })
  const { window } = running
  const desk = new Desk(window)
  const { settings } = desk
  const inspector = new Inspector(running.app, window)
  const app = new AppPage(window)
  await expect(window.getByRole('heading', { name: 'Welcome' })).toBeVisible(generous)
  await app.open('settings')
  const add = async (server: Plc, id: string): Promise<void> => {
    await desk.all()
    await settings.getByRole('button', { name: 'Add a server' }).click()
    await desk.ask(server.endpointUrl)
    await desk.save(id)
  }

  await test.step('all that speaks against a certificate is named at once', async () => {
    await add(misnamed, 'misnamed')
    const findings = desk.certificate.getByRole('listitem')
    await expect(findings).toHaveCount(2, generous)
    await expect(findings.first()).toContainText('Nobody here trusts it.')
    await expect(findings.last()).toContainText('It does not name the host "127.0.0.1" (it names 192.0.2.1).')
    await expect(desk.certificate).toContainText('It expires in 19 days.')
    await inspector.look('settings-server-refused')
    await inspector.tab(12)
    await desk.trust()
    await expect(desk.state).toContainText('does not name the host', generous)
  })

  await test.step('a host name is allowed to a day, with owner and reason, in the plant file', async () => {
    const button = desk.certificate.getByRole('button', { name: 'Make an exception…' })
    await button.click()
    const dialog = window.getByRole('dialog', { name: /^Exception for server/ })
    await expect(dialog.getByLabel('Owner')).toHaveValue(/./)
    await expect(dialog.getByLabel('Last day')).toHaveValue(/^\d{4}-\d\d-\d\d$/)
    await inspector.look('settings-exception')
    await window.keyboard.press('Escape')
    await desk.makeException(button)
    await expect(desk.state).toHaveText('Connected', generous)
    await expect(desk.certificate).toContainText('Allowed by exception:', generous)
    const text = readFileSync(plant, 'utf8')
    expect(text).toContain('"scope": "opcua:misnamed:host-name"')
    expect(text).toContain('// the servers of the north hall')
    await desk.all()
    const listed = settings.getByRole('region', { name: 'Exceptions' }).getByRole('row').filter({ hasText: 'misnamed' })
    await expect(listed).toContainText('30 days left')
    await expect(listed).toContainText('a new certificate is ordered')
  })

  await test.step('the end of its certificate is on the list of problems', async () => {
    await window.getByRole('button', { name: 'System problems' }).click()
    await expect(window.locator('.popover-item', { hasText: 'ends in 19 days' })).toContainText('warning')
    await window.keyboard.press('Escape')
  })

  await test.step('a certificate of another application offers no exception', async () => {
    await add(foreign, 'foreign')
    await expect(desk.certificate).toContainText('It is made for "urn:somebody:else"', generous)
    await expect(desk.certificate.getByRole('button', { name: 'Make an exception…' })).toHaveCount(0)
    await desk.trust()
    await expect(desk.state).toContainText('calls itself "urn:millwright:test-server"', generous)
  })

  await test.step('a policy that is not used any more is taken with an exception only', async () => {
    await desk.all()
    await settings.getByRole('button', { name: 'Add a server' }).click()
    await desk.ask(old.endpointUrl)
    const radio = settings.locator('.option input')
    await expect(radio).not.toBeChecked()
    await radio.check()
    await desk.save('old')
    await expect(settings.getByText('State the reason in a few words.')).toBeVisible()
    await settings.getByLabel('Reason').fill('an update of the drive is ordered')
    await desk.save('old')
    await expect(desk.state).toContainText('Refused', generous)
    await desk.trust()
    await expect(desk.state).toHaveText('Connected', generous)
    await expect(settings.locator('.insecure').first()).toHaveText('Insecure')
  })

  await test.step('removed, the rule holds again', async () => {
    await desk.all()
    const listed = settings.getByRole('region', { name: 'Exceptions' }).getByRole('row').filter({ hasText: 'misnamed' })
    await listed.getByRole('button', { name: 'Remove…' }).click()
    await window.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await expect(listed).toHaveCount(0, generous)
    await expect(settings.getByRole('row').filter({ hasText: 'misnamed' })).toContainText('Refused', generous)
    await inspector.look('settings-servers-exceptions')
    expect(readFileSync(plant, 'utf8')).not.toContain('opcua:misnamed:host-name')
  })
})
