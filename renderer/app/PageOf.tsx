import type { ComponentType } from 'react'
import { AlertsPage } from '../features/alerts/AlertsPage.tsx'
import { AccountsPage } from '../features/accounts/AccountsPage.tsx'
import { AssetsPage } from '../features/assets/AssetsPage.tsx'
import { TemplatesPage } from '../features/assets/templates/TemplatesPage.tsx'
import { AuditPage } from '../features/audit/AuditPage.tsx'
import { BackupsPage } from '../features/backups/BackupsPage.tsx'
import { DataQualityPage } from '../features/data-quality/DataQualityPage.tsx'
import { FirstRunPage } from '../features/first-run/FirstRunPage.tsx'
import { MachinePage } from '../features/machine/MachinePage.tsx'
import { NewMachinePage } from '../features/new-machine/NewMachinePage.tsx'
import { OverviewPage } from '../features/overview/OverviewPage.tsx'
import { SettingsPage } from '../features/settings/SettingsPage.tsx'
import { StoragePage } from '../features/storage/StoragePage.tsx'
import { SyncPage } from '../features/sync/SyncPage.tsx'
import { MomentPage } from '../features/time-travel/MomentPage.tsx'
import { VibrationPage } from '../features/vibration/VibrationPage.tsx'
import { useFeed } from '../stores/feeds.ts'
import type { PageName, Route } from '../stores/route.ts'

type PageProps<P extends PageName> = { route: Extract<Route, { page: P }> }

/**
 * The pages there are. The navigation, the command palette and Ctrl+number offer exactly these, so a page without an
 * entry has no dead link either.
 */
export const pages: { readonly [P in PageName]?: ComponentType<PageProps<P>> } = {
  overview: StartPage,
  machine: MachinePage,
  'new-machine': NewMachinePage,
  assets: AssetsPage,
  templates: TemplatesPage,
  moment: MomentPage,
  vibration: VibrationPage,
  alerts: AlertsPage,
  quality: DataQualityPage,
  sync: SyncPage,
  storage: StoragePage,
  settings: SettingsOf,
}

/** Backups, accounts and the audit trail are sections of the settings and features of their own. */
function SettingsOf({ route }: PageProps<'settings'>) {
  if (route.section === 'backups') return <BackupsPage />
  if (route.section === 'accounts') return <AccountsPage />
  if (route.section === 'audit') return <AuditPage />
  return <SettingsPage route={route} />
}

/** A plant without a server has nothing to look over yet: it shows how to begin. */
function StartPage() {
  const hasNoServer = useFeed((feeds) => feeds.plant?.plant.servers.length === 0)
  return hasNoServer ? <FirstRunPage /> : <OverviewPage />
}

export function hasPage(page: PageName): boolean {
  return pages[page] !== undefined
}

/** The page of a route, typed so that each page receives its own kind of route. */
export function PageOf({ route }: { route: Route }) {
  const Page = pages[route.page] as ComponentType<{ route: Route }> | undefined
  return Page ? <Page route={route} /> : null
}
