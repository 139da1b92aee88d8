import { useFeed } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate } from '../../stores/router.ts'
import { ErrorPane, Skeleton, t, Tabs } from '../../ui/index.ts'
import { Page } from '../../ui/Page.tsx'
import { AddServer } from './AddServer.tsx'
import { Appearance } from './Appearance.tsx'
import { BrowseSection } from './BrowseSection.tsx'
import { Certificates } from './Certificates.tsx'
import { ServerPage } from './server/ServerPage.tsx'
import { ServersSection } from './ServersSection.tsx'
import './settings.css'

/** `accounts`, `audit` and `backups` are pages of their own (renderer/features); their tabs lead there. */
const sections = ['servers', 'certificates', 'browse', 'accounts', 'audit', 'backups', 'appearance'] as const
type Section = (typeof sections)[number]

export function SettingsPage({ route }: { route: Extract<Route, { page: 'settings' }> }) {
  const answer = useFeed((feeds) => feeds.plant)
  const failure = useFeed((feeds) => feeds.plantFailure)
  // Adding a server is part of the list of servers, with an address of its own so that other pages can lead there.
  const isAdding = route.section === 'add'
  // `server:ID` is one server, `new:ID` the one that was just added.
  const [, kind, serverId] = /^(server|new):(.+)$/.exec(route.section ?? '') ?? []
  const section: Section =
    isAdding || serverId !== undefined ? 'servers' : (sections.find((id) => id === route.section) ?? 'servers')
  const open = (next: string): void => navigate({ page: 'settings', section: next }, { replace: true })
  const plant = answer?.plant
  const content = (id: Section) => {
    if (id === 'appearance') return <Appearance />
    if (!plant) return failure ? <ErrorPane title={t('settings.failed')} failure={failure} /> : <Skeleton rows={6} />
    if (id === 'certificates') return <Certificates />
    if (id === 'browse') return <BrowseSection plant={plant} />
    if (serverId !== undefined)
      return <ServerPage key={serverId} plant={plant} serverId={serverId} isNew={kind === 'new'} />
    return isAdding ? (
      <AddServer
        plant={plant}
        onDone={(added) => (added === null ? open('servers') : navigate({ page: 'settings', section: `new:${added}` }))}
      />
    ) : (
      <ServersSection plant={plant} file={answer.file} />
    )
  }
  return (
    <Page title={t('settings.title')} layout="fixed" className="settings">
      <Tabs
        label={t('settings.sections')}
        value={section}
        onChange={open}
        tabs={sections.map((id) => ({
          id,
          label: t(`settings.section.${id}`),
          count: id === 'servers' ? plant?.servers.length : undefined,
          content: id === section ? content(id) : null,
        }))}
      />
    </Page>
  )
}
