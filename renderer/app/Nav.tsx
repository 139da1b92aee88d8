import { pageNumbers, type PageName } from '../stores/route.ts'
import { navigate } from '../stores/router.ts'
import { t } from '../ui/index.ts'
import { numberedPages } from './shortcuts.ts'

/** Drawn for this product on a 24 px grid, 1.6 px strokes; none looks like a status shape. */
const icons: Record<keyof typeof pageNumbers, string> = {
  overview: 'M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z',
  machine: 'M3 9h9v8H3zM12 11h3v4h-3zM15 8h6v10h-6zM5 17v3M10 17v3M18 18v2M5 9V7h5v2',
  vibration: 'M2 12h3l2-6 3 13 3-15 3 12 2-4h4',
  alerts: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4M12 5V3',
  quality: 'M4 20V4M4 20h16M8 16v-3M12 16V8M16 16v-5M7.500 9.500l3-3.500 3 3L19 4',
  sync: 'M7 17a4 4 0 0 1 .5-8A5.5 5.5 0 0 1 18 10.500a3.300 3.300 0 0 1-.5 6.500M12 20v-8M9 15l3-3 3 3',
  settings: 'M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4',
}

/** Pages without a number of their own lie under one that has. */
function belongsTo(page: PageName): PageName {
  return page === 'assets' || page === 'templates' || page === 'new-machine' ? 'machine' : page
}

export function Nav({ current }: { current: PageName }) {
  return (
    <nav className="app-nav" data-region aria-label={t('nav.label')}>
      {numberedPages(pageNumbers).map((page) => (
        <button
          key={page}
          type="button"
          className="nav-item"
          aria-current={page === belongsTo(current) ? 'page' : undefined}
          aria-keyshortcuts={`Control+${pageNumbers[page]}`}
          title={t('nav.hint', { page: t(`nav.${page}`), number: pageNumbers[page] })}
          onClick={() => navigate({ page })}
        >
          <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden>
            <path
              d={icons[page]}
              fill="none"
              stroke="currentColor"
              strokeWidth="1.6"
              strokeLinejoin="round"
              strokeLinecap="round"
            />
          </svg>
          <span>{t(`nav.${page}`)}</span>
        </button>
      ))}
    </nav>
  )
}
