import { useConnection, useConnectionPhase } from '../stores/connection.ts'
import { useNowUs } from '../stores/clock.ts'
import { useFeed, useTimeZone } from '../stores/feeds.ts'
import { navigate, useRoute } from '../stores/router.ts'
import { setTheme, themeChoices, useTheme } from '../stores/theme.ts'
import { formatClock, formatNumber, formatTime, Popover, t, zoneName } from '../ui/index.ts'
import { paletteStore } from './palette-store.ts'
import { PlantPanel } from './PlantPanel.tsx'
import { Problems } from './Problems.tsx'
import { UserMark } from './UserMark.tsx'
import { breadcrumb, summariseLinks, summariseSync } from './summary.ts'

export function Header() {
  const simulated = useConnection((state) => state.facts?.simulated === true && state.plant.state !== 'none')
  return (
    <header className="app-header" data-region aria-label={t('header.label')}>
      <Place />
      <span className="header-space" />
      <FindButton />
      {simulated && <PlantPanel />}
      <Problems />
      <LinkMark />
      <SyncMark />
      <ThemeButton />
      <ClockMark />
      <UserMark />
    </header>
  )
}

function Place() {
  const route = useRoute()
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const name = useFeed((feeds) => feeds.overview?.plantName) ?? plant?.plant.name ?? t('header.noPlant')
  const place = breadcrumb(route, plant)
  return (
    <div className="header-place">
      <button type="button" className="crumb crumb-plant" onClick={() => navigate({ page: 'overview' })}>
        {name}
      </button>
      {place && (
        <>
          <span className="crumb-step" aria-hidden>
            {t('symbol.step')}
          </span>
          <span className="crumb">{place.line}</span>
          <span className="crumb-step" aria-hidden>
            {t('symbol.step')}
          </span>
          <button type="button" className="crumb" onClick={() => navigate({ page: 'machine', assetId: place.assetId })}>
            {place.asset}
          </button>
        </>
      )}
    </div>
  )
}

function FindButton() {
  return (
    <button
      type="button"
      className="find-button"
      aria-keyshortcuts="Control+K"
      onClick={() => paletteStore.setState({ open: true })}
    >
      <span>{t('palette.open')}</span>
      <kbd>{t('palette.key')}</kbd>
    </button>
  )
}

/** A state with a shape: filled dot when all is well, hollow dot when not. */
function Mark({ well, label, words }: { well: boolean; label: string; words: string }) {
  return (
    <span className={`header-mark${well ? '' : ' unwell'}`}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden>
        <circle cx="5" cy="5" r="4" fill={well ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth="1.5" />
        {!well && <path d="M2.200 7.800 7.800 2.200" stroke="currentColor" strokeWidth="1.5" />}
      </svg>
      <span className="muted">{label}</span>
      <span>{words}</span>
    </span>
  )
}

function LinkMark() {
  const phase = useConnectionPhase()
  const links = useFeed((feeds) => feeds.status?.links)
  const zone = useTimeZone()
  if (phase !== 'live') return <Mark well={false} label={t('header.engine')} words={t(`phase.${phase}`)} />
  if (!links) return <Mark well={false} label={t('header.link')} words={t('phase.connecting')} />
  const { connected, total, worst } = summariseLinks(links)
  const words =
    total === 0
      ? t('header.noServers')
      : worst
        ? t(`linkPhase.${worst.phase}`)
        : t('header.connected', { connected, total })
  return (
    <Popover
      label={t('header.linkHint')}
      trigger={<Mark well={total > 0 && !worst} label={t('header.link')} words={words} />}
    >
      {total === 0 && <p>{t('header.noServersNext')}</p>}
      {links.map((link) => (
        <section key={link.serverId} className="popover-item">
          <h3>
            {link.serverId}
            <span className="muted">{t(`linkPhase.${link.phase}`)}</span>
          </h3>
          <code className="selectable">{link.endpointUrl}</code>
          {/^(None|Insecure)\b/.test(link.security) && <p className="header-insecure">{t('header.insecure')}</p>}
          {link.message !== '' && <p className="selectable">{link.message}</p>}
          <p className="muted">
            {t('header.linkFacts', {
              security: link.security,
              since: formatTime(link.sinceUs, zone),
              good: link.itemsGood,
              bad: link.itemsBad,
            })}
          </p>
        </section>
      ))}
    </Popover>
  )
}

function SyncMark() {
  const destinations = useFeed((feeds) => feeds.status?.destinations)
  const zone = useTimeZone()
  if (!destinations) return null
  const { waiting, failingSinceUs } = summariseSync(destinations)
  const words =
    destinations.length === 0
      ? t('header.syncNone')
      : failingSinceUs === null
        ? t('header.syncWell')
        : t('header.syncWaiting', { rows: formatNumber(waiting, 1), since: formatClock(failingSinceUs, zone) })
  return (
    <button
      type="button"
      className="popover-trigger"
      title={t('header.syncHint')}
      onClick={() => navigate({ page: 'sync' })}
    >
      <Mark well={failingSinceUs === null} label={t('header.sync')} words={words} />
    </button>
  )
}

function ThemeButton() {
  const { choice, theme } = useTheme()
  const next = themeChoices[(themeChoices.indexOf(choice) + 1) % themeChoices.length] ?? 'dark'
  const label = t('theme.hint', { now: t(`theme.${choice}`), next: t(`theme.${next}`) })
  return (
    <button type="button" className="popover-trigger" aria-label={label} title={label} onClick={() => setTheme(next)}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden>
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d={theme === 'dark' ? 'M8 2a6 6 0 0 0 0 12z' : 'M8 2a6 6 0 0 1 0 12z'} fill="currentColor" />
        {choice === 'system' && (
          <circle cx="8" cy="8" r="2" fill="var(--ground)" stroke="currentColor" strokeWidth="1.5" />
        )}
      </svg>
    </button>
  )
}

function ClockMark() {
  const nowUs = useNowUs()
  const zone = useTimeZone()
  return (
    <time className="header-clock" title={zone}>
      {formatClock(nowUs, zone)} <span className="muted">{zoneName(nowUs, zone)}</span>
    </time>
  )
}
