import type { ComponentType } from 'react'
import { MachinePage } from '../features/machine/MachinePage.tsx'
import { OverviewPage } from '../features/overview/OverviewPage.tsx'
import { VibrationPage } from '../features/vibration/VibrationPage.tsx'
import type { PageName, Route } from '../stores/route.ts'

type PageProps<P extends PageName> = { route: Extract<Route, { page: P }> }

/**
 * The pages there are. The navigation, the command palette and Ctrl+number offer exactly these, so a page without an
 * entry has no dead link either.
 */
export const pages: { readonly [P in PageName]?: ComponentType<PageProps<P>> } = {
  overview: OverviewPage,
  machine: MachinePage,
  vibration: VibrationPage,
}

export function hasPage(page: PageName): boolean {
  return pages[page] !== undefined
}

/** The page of a route, typed so that each page receives its own kind of route. */
export function PageOf({ route }: { route: Route }) {
  const Page = pages[route.page] as ComponentType<{ route: Route }> | undefined
  return Page ? <Page route={route} /> : null
}
