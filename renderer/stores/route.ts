/** Pages with the number that opens them (Ctrl+number) as in the navigation; 7 belongs to a page of a later release. */
export const pageNumbers = {
  overview: 1,
  machine: 2,
  vibration: 3,
  alerts: 4,
  quality: 5,
  sync: 6,
  settings: 8,
} as const

export type PageName = Route['page']

export type Route =
  | { page: 'overview' }
  /** Without an asset: the list of machines. */
  | { page: 'machine'; assetId?: string }
  /** `from`: machines of another plant, signed. */
  | { page: 'new-machine'; from?: 'bundle' }
  /** The plant as it is written down; `of`: the node of its tree (`asset:pump-101`) that is edited. */
  | { page: 'assets'; of?: string; tab?: string }
  /** Newer templates and what they would change. */
  | { page: 'templates' }
  /** A machine as it was at a past moment; `occurrenceId`: the alert that led there. */
  | { page: 'moment'; assetId: string; atUs: number; occurrenceId?: string }
  /** Points checked in the list; `hz` places the spectrum cursor, `captureId` opens a stored waveform. */
  | { page: 'vibration'; pointIds?: readonly string[]; hz?: number; captureId?: string }
  | { page: 'alerts'; occurrenceId?: string; tab?: string }
  /** `within`: a line or machine whose parts are listed. */
  | { page: 'quality'; view?: 'mapping'; level?: 'lines' | 'assets' | 'points'; within?: string }
  | { page: 'sync' }
  | { page: 'storage' }
  | { page: 'settings'; section?: string }
  /** Three ways to begin; opened by the frame when the plant file has no machine yet. */
  | { page: 'first-run' }

/** `#/page?key=value`: readable, and the same under file: and app: addresses. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams()
  switch (route.page) {
    case 'machine':
      if (route.assetId !== undefined) query.set('asset', route.assetId)
      break
    case 'moment':
      query.set('asset', route.assetId)
      query.set('at', String(route.atUs))
      if (route.occurrenceId !== undefined) query.set('alert', route.occurrenceId)
      break
    case 'vibration':
      for (const pointId of route.pointIds ?? []) query.append('point', pointId)
      if (route.hz !== undefined) query.set('hz', String(route.hz))
      if (route.captureId !== undefined) query.set('capture', route.captureId)
      break
    case 'alerts':
      if (route.occurrenceId !== undefined) query.set('alert', route.occurrenceId)
      if (route.tab !== undefined) query.set('tab', route.tab)
      break
    case 'quality':
      if (route.view !== undefined) query.set('view', route.view)
      if (route.level !== undefined) query.set('level', route.level)
      if (route.within !== undefined) query.set('within', route.within)
      break
    case 'assets':
      if (route.of !== undefined) query.set('of', route.of)
      if (route.tab !== undefined) query.set('tab', route.tab)
      break
    case 'settings':
      if (route.section !== undefined) query.set('section', route.section)
      break
    case 'new-machine':
      if (route.from !== undefined) query.set('from', route.from)
      break
    case 'overview':
    case 'templates':
    case 'sync':
    case 'storage':
    case 'first-run':
  }
  const text = query.toString()
  return `#/${route.page}${text === '' ? '' : `?${text}`}`
}

const qualityLevels = ['lines', 'assets', 'points'] as const

/** The route of an address; what is not understood opens the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const query = new URLSearchParams(search)
  const text = (key: string): string | undefined => query.get(key) ?? undefined
  const given = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
    value === undefined ? {} : ({ [key]: value } as { [P in K]: string })
  switch (path) {
    case 'machine':
      return { page: 'machine', ...given('assetId', text('asset')) }
    case 'moment': {
      const [assetId, atUs] = [text('asset'), Number(query.get('at') ?? Number.NaN)]
      if (assetId === undefined || !Number.isFinite(atUs)) return { page: 'machine', ...given('assetId', assetId) }
      return { page: 'moment', assetId, atUs, ...given('occurrenceId', text('alert')) }
    }
    case 'vibration': {
      const pointIds = query.getAll('point')
      const hz = Number(query.get('hz') ?? Number.NaN)
      return {
        page: 'vibration',
        ...(pointIds.length > 0 ? { pointIds } : {}),
        ...(Number.isFinite(hz) ? { hz } : {}),
        ...given('captureId', text('capture')),
      }
    }
    case 'alerts':
      return { page: 'alerts', ...given('occurrenceId', text('alert')), ...given('tab', text('tab')) }
    case 'new-machine':
      return { page: 'new-machine', ...(text('from') === 'bundle' ? ({ from: 'bundle' } as const) : {}) }
    case 'assets':
      return { page: 'assets', ...given('of', text('of')), ...given('tab', text('tab')) }
    case 'templates':
      return { page: 'templates' }
    case 'quality': {
      const level = qualityLevels.find((each) => each === text('level'))
      const view = text('view') === 'mapping' ? ({ view: 'mapping' } as const) : {}
      return { page: 'quality', ...view, ...(level ? { level } : {}), ...given('within', text('within')) }
    }
    case 'sync':
      return { page: 'sync' }
    case 'storage':
      return { page: 'storage' }
    case 'first-run':
      return { page: 'first-run' }
    case 'settings':
      return { page: 'settings', ...given('section', text('section')) }
    default:
      return { page: 'overview' }
  }
}
