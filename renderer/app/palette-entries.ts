import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { AlertView } from '../../shared/protocol/views.ts'
import { pageNumbers, type Route } from '../stores/route.ts'
import { setTheme, themeChoices } from '../stores/theme.ts'
import { navigate } from '../stores/router.ts'
import { nameWithin } from '../../shared/lib/names.ts'
import { t } from '../ui/text.ts'
import type { PaletteEntry } from './palette-search.ts'
import { numberedPages } from './shortcuts.ts'

const open = (route: Route) => () => navigate(route)

export function paletteEntries(plant: PlantFile | null, alerts: readonly AlertView[]): PaletteEntry[] {
  const entries: PaletteEntry[] = []
  for (const page of numberedPages(pageNumbers)) {
    entries.push({
      id: `page:${page}`,
      kind: 'page',
      title: t(`nav.${page}`),
      detail: t('palette.pageKey', { number: pageNumbers[page] }),
      run: open({ page }),
    })
  }
  entries.push({
    id: 'page:storage',
    kind: 'page',
    title: t('storage.title'),
    detail: t('storage.subtitle'),
    run: open({ page: 'storage' }),
  })
  entries.push({
    id: 'page:backups',
    kind: 'page',
    title: t('backups.title'),
    detail: t('backups.subtitle'),
    run: open({ page: 'settings', section: 'backups' }),
  })
  entries.push({
    id: 'page:mapping',
    kind: 'page',
    title: t('mapping.tab'),
    detail: t('mapping.subtitle'),
    run: open({ page: 'quality', view: 'mapping' }),
  })
  entries.push({
    id: 'page:new-machine',
    kind: 'command',
    title: t('newMachine.title'),
    detail: t('newMachine.subtitle'),
    run: open({ page: 'new-machine' }),
  })
  entries.push({
    id: 'page:assets',
    kind: 'command',
    title: t('assets.title'),
    detail: t('assets.paletteHint'),
    run: open({ page: 'assets' }),
  })
  entries.push({
    id: 'page:templates',
    kind: 'command',
    title: t('assets.templates.title'),
    detail: t('assets.templates.subtitle'),
    run: open({ page: 'templates' }),
  })
  for (const { occurrence, assetName } of alerts) {
    entries.push({
      id: `alert:${occurrence.id}`,
      kind: 'alert',
      title: `${assetName}: ${occurrence.contract.meaning}`,
      detail: t(`priority.${occurrence.priority}`),
      run: open({ page: 'alerts', occurrenceId: occurrence.id }),
    })
  }
  for (const asset of plant?.assets ?? []) {
    entries.push({
      id: `asset:${asset.id}`,
      kind: 'machine',
      title: asset.name,
      detail: asset.id,
      run: open({ page: 'machine', assetId: asset.id }),
    })
  }
  entries.push(...pointEntries(plant))
  for (const choice of themeChoices) {
    entries.push({
      id: `theme:${choice}`,
      kind: 'command',
      title: t('palette.theme', { theme: t(`theme.${choice}`) }),
      detail: '',
      run: () => setTheme(choice),
    })
  }
  return entries
}

function pointEntries(plant: PlantFile | null): PaletteEntry[] {
  const names = new Map(plant?.assets.map(({ id, name }) => [id, name]))
  return (plant?.points ?? []).map((point): PaletteEntry => {
    const machine = names.get(point.assetId) ?? point.assetId
    const route: Route =
      point.kind === 'waveform'
        ? { page: 'vibration', pointIds: [point.id] }
        : { page: 'machine', assetId: point.assetId }
    return {
      id: `point:${point.id}`,
      kind: 'point',
      title: `${machine}: ${nameWithin(machine, point.name ?? point.id)}`,
      detail: point.id,
      run: open(route),
    }
  })
}
