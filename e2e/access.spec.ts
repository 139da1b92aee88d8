import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { keyInFile, openTwinOf } from './readers/twin-reader.ts'

const password = 'four quiet grey pumps'
const pointId = 'pump-101.speed'
const plantSchema = z.looseObject({ points: z.array(z.looseObject({ id: z.string() })) })

test('a desk gets its first administrator, people change at it, a value is prepared in two steps, and all of it is in the trail', async ({
  launch,
}) => {
  test.setTimeout(300_000)
  const running = await launch({ args: [keyInFile] })
  const { window, dataDir } = running
  const app = new AppPage(window)
  const overview = new OverviewPage(window)
  const inspector = new Inspector(running.app, window)
  const page = window.locator('main')
  const user = window.locator('.header-user')
  await app.live()
  await expect(overview.blind).toHaveCount(0, generous)

  await test.step('unattended', async () => {
    await expect(user).toContainText('unattended desk')
    await user.press('Enter')
    await expect(window.getByRole('dialog', { name: 'Sign in' })).toContainText('Nobody may write to the plant')
    await inspector.look('access-unattended')
    await window.getByRole('button', { name: 'Make the first administrator' }).press('Enter')
    await expect(page.getByRole('heading', { name: 'Accounts', exact: true })).toBeVisible()
    await inspector.look('access-first')
    await page.getByLabel('Full name').fill('Anna Administrator')
    await page.getByLabel('Account name').fill('anna')
    await page.getByLabel('New password').fill(password)
    await page.getByLabel('The same once more').fill(password)
    await page.getByLabel('The same once more').press('Enter')
    await expect(user).toHaveAccessibleName('You act as Anna Administrator', generous)
  })

  await test.step('an operator', async () => {
    await page.getByRole('button', { name: 'Add an account' }).click()
    const dialog = window.getByRole('dialog', { name: 'Add an account' })
    await dialog.getByLabel('Full name').fill('Otto Operator')
    await dialog.getByLabel('Account name').fill('otto')
    await dialog.getByRole('checkbox', { name: /^Operator/ }).check()
    await dialog.getByLabel('New password').fill(password)
    await dialog.getByLabel('The same once more').fill(password)
    await inspector.look('access-account')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('row')).toHaveCount(3)
    await inspector.look('access-accounts')
    await user.click()
    await inspector.look('access-person')
    const signIn = window.getByRole('dialog', { name: /^Signed in: Anna/ })
    await signIn.getByLabel('Account name').fill('otto')
    await signIn.getByLabel('Password').fill('not this one')
    await signIn.getByLabel('Password').press('Enter')
    await expect(signIn.getByRole('alert')).toContainText('wrong', generous)
    await signIn.getByLabel('Password').fill(password)
    await signIn.getByLabel('Password').press('Enter')
    await expect(user).toHaveAccessibleName('You act as Otto Operator', generous)
    await expect(page.getByText('Accounts are managed by administrators')).toBeVisible()
    await inspector.look('access-no-permission')
  })

  await test.step('a value in two steps', async () => {
    await app.open('overview')
    await overview.tile('pump-101').click()
    await expect(window.getByRole('heading', { name: 'Feed pump 101', level: 1 })).toBeVisible()
    await expect(window.getByRole('button', { name: /^Write / })).toHaveCount(0)
    const file = join(dataDir, 'plant.json')
    const plant = plantSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    for (const point of plant.points)
      if (point.id === pointId) point['write'] = { roles: ['operator'], range: [0, 3000], confirmWithinS: 300 }
    writeFileSync(file, JSON.stringify(plant, null, 2))
    const write = window.getByRole('button', { name: /^Write / })
    await expect(write).toHaveCount(1, generous)
    await write.press('Enter')
    const dialog = window.getByRole('dialog', { name: /^Write / })
    await dialog.getByLabel('New value').fill('9000')
    await dialog.getByLabel('New value').press('Enter')
    await expect(dialog.getByRole('alert')).toContainText('outside of what the plant file allows', generous)
    await inspector.look('access-write')
    await dialog.getByLabel('New value').fill('1500')
    await dialog.getByLabel('New value').press('Enter')
    await expect(dialog.getByLabel(/once more to write it/)).toBeFocused(generous)
    await expect(dialog.getByRole('button', { name: 'Write to the plant' })).toBeDisabled()
    await inspector.look('access-write-confirm')
    await window.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('the trail', async () => {
    await user.click()
    const signIn = window.getByRole('dialog', { name: /^Signed in: Otto/ })
    await signIn.getByLabel('Account name').fill('anna')
    await signIn.getByLabel('Password').fill(password)
    await signIn.getByLabel('Password').press('Enter')
    await expect(user).toHaveAccessibleName('You act as Anna Administrator', generous)
    const settings = await app.open('settings')
    await settings.getByRole('tab', { name: 'Audit trail' }).click()
    await expect(page.getByRole('row').filter({ hasText: 'Write void' })).toHaveCount(1, generous)
    await page.getByRole('button', { name: 'Verify the chain' }).click()
    await expect(page.getByText(/entries, the chain holds/)).toBeVisible(generous)
    await inspector.look('access-audit')
    await page.getByLabel('What', { exact: true }).selectOption('access.failed')
    await expect(page.getByRole('row')).toHaveCount(2, generous)
    await page.getByRole('button', { name: 'Export CSV' }).click()
    await expect(window.getByText(/was written to .*audit-.*csv/)).toBeVisible(generous)
  })

  const twin = openTwinOf(dataDir)
  try {
    const rows = (await twin.audit({ limit: 1000 })).reverse()
    expect(rows.map(({ actor, action }) => `${actor} ${action}`)).toEqual(
      expect.arrayContaining([
        'anna account.create',
        'anna access.sign-out',
        'otto access.sign-in',
        'anna access.failed',
        'otto write.failed',
        'otto write.asked',
        'otto write.void',
      ]),
    )
    expect(rows.filter(({ action }) => action === 'write.done')).toEqual([])
    expect(JSON.stringify(rows)).not.toContain(password)
    expect(await twin.auditCheck()).toEqual([])
  } finally {
    await twin.close()
  }
})
